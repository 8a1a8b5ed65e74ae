"""Variants of a network, each trained from scratch by the same recipe."""
