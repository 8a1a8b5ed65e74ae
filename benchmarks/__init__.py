"""Ratios between what convscope does and what it is held to, measured in one run each."""
