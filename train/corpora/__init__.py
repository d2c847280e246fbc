"""Corpora: records and their audio, read by one reader a corpus, checked, each with its licence.

May be imported by every room but ``settings`` and ``execution``; imports ``settings``.
"""
