"""The command line: one command is one library function.

Imports no torch: each command loads what it runs when it runs.
"""

from convscope.cli.app import app, main

__all__ = ["app", "main"]
