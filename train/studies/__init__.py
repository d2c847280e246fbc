"""Studies of finished bundles: goals, distortions, unseen corpora, sizes, layers, and why.

Imported by the command line alone; imports ``bundles`` and the rooms before it.
"""
