"""Is this network trained? Measures of filters and activations, and what they mean together."""
