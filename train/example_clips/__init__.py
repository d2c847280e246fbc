"""The example clips of the app: synthetic voices, and the moods that a vocoder gives them.

Imported by nobody; each module but ``resynthesis`` is a command. Imports ``corpora``.
"""
