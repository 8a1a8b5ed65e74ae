"""Where images come from: folders, tables and the bundled photographs. Imports no torch."""
