"""The experiments of the paper, a folder each: several networks, checkpoints or trainings."""
