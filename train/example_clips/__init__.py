"""The example clips of the app: synthetic voices, and the moods that a vocoder gives them.

Imported by nobody; ``make`` and ``mood_study`` are commands. Imports ``corpora``.
"""
