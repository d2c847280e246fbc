"""The teacher's guide: one page, to read and to print."""
