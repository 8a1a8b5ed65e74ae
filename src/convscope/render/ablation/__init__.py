"""An ablation as a table and a page."""
