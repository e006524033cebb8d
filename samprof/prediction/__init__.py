"""What a model would take on a device that is not here: from shapes, datasheets and real traces."""
