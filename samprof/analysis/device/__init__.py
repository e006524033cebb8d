"""What the device and the operating system set as limits: rooflines, memory, paging."""
