"""A prediction over time: waveform, pitch, all codes and the selected tokens."""

from __future__ import annotations

import numpy as np

from audiotok.acoustics.pitch import pitch_hz
from audiotok.analysis.export import Record, tokens_record, words_record
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.prediction import Prediction

COLUMNS_PER_FRAME = 2


def stream_record(prediction: Prediction) -> Record:
    """Return the data of the token stream view, in types of JSON.

    Returns
    -------
    A dict with

    - ``frame_s``, ``duration_s``, ``n_layers``, ``codes`` (``[layer][frame]``, layer 1 first);
    - ``layers``: the 1-based layers of the audio vocabulary;
    - ``classes``: the classes of the audio vocabulary;
    - ``selected``: ``frame, layer, code, start_s, token, weights`` as in ``tokens_record``, with
      ``speaks_for`` (class of the largest weight) and ``used`` (false where thinning left it out);
    - ``words``: ``word, start_s, end_s`` where these are known;
    - ``waveform``: ``columns_per_frame``, and the lowest and highest sample of each column
      (``low``, ``high``) as a share of the clip's peak;
    - ``pitch_hz``: one value a frame, None where it is unvoiced.
    """
    recording = prediction.recording
    pitch = pitch_hz(recording.samples, prediction.n_frames, prediction.frame_s)
    low, high = envelope(
        recording.samples,
        prediction.n_frames * COLUMNS_PER_FRAME,
        SAMPLE_RATE * prediction.frame_s / COLUMNS_PER_FRAME,
    )
    record = tokens_record(prediction)
    used = {
        (token.occurrence.frame, token.occurrence.layer)
        for token in prediction.sequence.tokens
        if token.occurrence is not None
    }
    for token, occurrence in zip(record["selected"], prediction.selected, strict=True):
        token["speaks_for"] = prediction.vocabulary.spoken_for[occurrence.index]
        token["used"] = (occurrence.frame, occurrence.layer) in used
    return record | {
        "words": words_record(prediction.words),
        "duration_s": recording.duration_s,
        "layers": list(prediction.vocabulary.layers),
        "classes": list(prediction.vocabulary.classes),
        "waveform": {"columns_per_frame": COLUMNS_PER_FRAME, "low": low, "high": high},
        "pitch_hz": [None if np.isnan(hz) else round(float(hz), 1) for hz in pitch],
    }


def envelope(
    samples: Samples, n_columns: int, samples_per_column: float
) -> tuple[list[float], list[float]]:
    """Return the lowest and highest sample of every column, as a share of the clip's peak.

    Parameters
    ----------
    samples : float32 array of shape ``(n_samples,)``; columns after its end are 0.
    """
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    edges = np.round(np.arange(n_columns + 1) * samples_per_column).astype(int)
    padded = np.pad(samples / peak, (0, max(0, int(edges[-1]) - len(samples))))[: edges[-1]]
    if not n_columns:
        return [], []
    low = np.minimum.reduceat(padded, edges[:-1]).astype(float)
    high = np.maximum.reduceat(padded, edges[:-1]).astype(float)
    return low.round(3).tolist(), high.round(3).tolist()
