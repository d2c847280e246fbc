"""Measures of sound: pitch, loudness, voice quality, and a speaker's level taken out of them.

May be imported by the codec and everything above it; imports ``audiotok.audio`` only.
"""
