"""convscope: a microscope for convolutional networks."""
