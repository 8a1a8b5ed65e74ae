"""Looks at one image or one unit: one method a file, one callable of one shape each."""
