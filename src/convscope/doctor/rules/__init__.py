"""What a verdict is made by: a rule a file, each its numbers against its thresholds."""
