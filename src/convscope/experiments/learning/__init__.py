"""How much data and how many epochs it takes, and what can be read in a layer by then."""
