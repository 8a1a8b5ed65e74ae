"""What may be asked of each method, one frozen dataclass a file. Imports no torch."""
