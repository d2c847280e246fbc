"""The speech codec: training, teachers, noise-robust training, probes and report.

Imported by the command line alone; imports the rooms from ``settings`` to ``evaluation``.
"""
