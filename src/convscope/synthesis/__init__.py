"""Pictures a network would draw: objective x parameterization x transforms, in one loop."""
