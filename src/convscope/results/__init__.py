"""Frozen values that methods return and that the atlas stores. Imports no torch."""
