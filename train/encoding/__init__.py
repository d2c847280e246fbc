"""Encoding of clips to codec codes: clip variants, distortions, and the cache of codes.

May be imported by every room from ``method`` on; imports ``corpora`` and ``execution``.
"""
