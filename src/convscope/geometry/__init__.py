"""Pure arithmetic of boxes, intervals and receptive fields. Imports neither torch nor a network."""
