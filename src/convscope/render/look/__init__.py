"""Every look at one image and one unit, side by side."""
