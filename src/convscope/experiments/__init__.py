"""The experiments of the paper, a folder each: what takes several networks, checkpoints or trainings."""
