"""Two networks on the same images, side by side."""
