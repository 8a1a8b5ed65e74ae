"""What may be asked of the experiments: frozen options that load no torch."""
