"""How the units of a network came to be, checkpoint by checkpoint."""
