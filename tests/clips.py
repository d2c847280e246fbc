"""Example clips that tests and benchmarks listen to."""

from __future__ import annotations

from audiotok.assets import EXAMPLES

HAPPY = EXAMPLES / "appointment_woman_happiness.flac"
NEUTRAL = EXAMPLES / "appointment_woman_neutral.flac"  # the same voice and words
OTHER_NEUTRAL = EXAMPLES / "alarm_woman_neutral.flac"  # the same voice, other words
ANGRY = EXAMPLES / "jacket_scottish-man_anger.flac"  # another voice
SPOKEN, SAID = EXAMPLES / "alarm_woman_happiness.flac", "I would like a new alarm clock."
