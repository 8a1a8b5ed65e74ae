"""The report and its figures: a folder of pages, made as projections come."""
