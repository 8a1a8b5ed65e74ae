"""Training by the paper's recipe: options, one readable loop, checkpoints, history, callbacks."""
