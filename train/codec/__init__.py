"""The speech codec: what trains it, what it learns, and what it is worth.

Imported by the command line alone; imports the rooms from ``settings`` to ``evaluation``.
"""
