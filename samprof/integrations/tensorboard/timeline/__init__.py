"""A trace as tracks of slices, and as much of it as a picture can show."""
