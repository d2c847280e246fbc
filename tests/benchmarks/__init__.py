"""Figures, not verdicts: each module here measures something and asserts nothing."""
