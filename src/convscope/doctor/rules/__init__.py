"""What a verdict is made by: a rule a file, each one number against one threshold."""
