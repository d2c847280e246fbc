"""Matplotlib figures of the records and arrays of ``audiotok.analysis``."""
