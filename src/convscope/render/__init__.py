"""Results into tiles, figures and the report. Imports no torch."""
