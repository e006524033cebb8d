"""What the tests share: hand-made traces, and a slow attribution to compare with."""
