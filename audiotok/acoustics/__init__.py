"""Acoustic measures of speech, pitch, energy and voice quality, and their speaker normalisation.

May be imported by the codec and everything above it; imports ``audiotok.audio`` only.
"""
