"""An index of all that a network responds to in a data set: its schema, making and reading."""
