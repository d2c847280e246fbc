"""Running work: stages skipped while up to date, parallel processes, and files on disk.

May be imported by every room; imports none.
"""
