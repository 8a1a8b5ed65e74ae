"""How units came to be, as a strip and as a page."""
