"""Studies of finished bundles: goals, distortions, unseen corpora, vocabulary sizes, layers.

Imported by the command line alone; imports ``bundles`` and the rooms before it.
"""
