"""Colour maps built in OKLab, and how numbers become colours. Imports no torch."""
