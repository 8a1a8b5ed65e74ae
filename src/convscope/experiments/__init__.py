"""One experiment of the paper a file: what takes several networks, checkpoints or trainings."""
