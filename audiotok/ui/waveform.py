"""A clip's waveform as the outline of an SVG."""

from __future__ import annotations

from audiotok.analysis.stream import envelope
from audiotok.audio import SAMPLE_RATE
from audiotok.prediction import Prediction

N_COLUMNS = 300


def waveform_path(prediction: Prediction) -> str:
    """Draw a clip's waveform in a box of 300 by 2, the peak 1 above or below the middle."""
    samples = prediction.recording.samples
    n_columns = min(N_COLUMNS, max(1, len(samples)))
    duration_s = prediction.recording.duration_s
    low, high = envelope(samples, n_columns, duration_s * SAMPLE_RATE / n_columns)
    scale = N_COLUMNS / n_columns
    above = [f"{(i + 0.5) * scale:.1f},{1 - level:.2f}" for i, level in enumerate(high)]
    below = [f"{(i + 0.5) * scale:.1f},{1 - level:.2f}" for i, level in enumerate(low)]
    return "M" + "L".join([*above, *reversed(below)]) + "Z"
