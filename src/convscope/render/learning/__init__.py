"""The learner's experiment as a figure, a page and Markdown."""
