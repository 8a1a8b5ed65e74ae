"""Each kind of result as a picture, and what is said with it."""
