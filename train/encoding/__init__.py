"""Sound into codes, once: variants of clips, distortions of sound, and the cache of codes.

May be imported by every room from ``method`` on; imports ``corpora`` and ``execution``.
"""
