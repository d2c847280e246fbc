"""Questions put to finished bundles: goals, distortions, unseen corpora, sizes, layers.

Imported by the command line alone; imports ``bundles`` and the rooms before it.
"""
