"""Sound into codes, once: variants of clips, distortions of sound, and the cache of codes.

May be imported by all rooms from ``method`` on; imports ``corpora``.
"""
