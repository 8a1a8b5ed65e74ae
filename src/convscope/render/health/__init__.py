"""The doctor's verdict on paper and on its page."""
