"""Verdict, tokens and attention as records (for JSON) and as CSV."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import (
    AttentionRows,
    attention_shares,
    chosen_weights,
)
from audiotok.analysis.verdict import label_rows, verdict_sentence
from audiotok.prediction import Prediction
from audiotok.words import Word, word_at

if TYPE_CHECKING:
    from audiotok.transcription import Transcript

Record = dict[str, Any]


def verdict_record(prediction: Prediction) -> Record:
    """Return the probabilities of both twins and the numbers of tokens and references."""
    return {
        "task": prediction.task,
        "labels": list(prediction.labels),
        "text_only": prediction.text_only.as_dict(),
        "text_audio": prediction.text_audio.as_dict(),
        "duration_s": prediction.recording.duration_s,
        "n_frames": prediction.n_frames,
        "n_tokens": prediction.n_tokens,
        "n_selected": prediction.n_selected,
        "n_used": prediction.n_used,
        "n_counted": prediction.n_counted,
        "n_references": prediction.n_references,
    }


def full_verdict_record(prediction: Prediction) -> Record:
    """Return ``verdict_record`` with the text, the spread over seeds and both verdicts."""
    return verdict_record(prediction) | {
        "text": prediction.text,
        "n_text": prediction.sequence.n_text,
        "n_text_used": {
            "text_only": prediction.text_sequence.n_text_used,
            "text_audio": prediction.sequence.n_text_used,
        },
        "n_seeds": len(prediction.text_audio.per_seed),
        "text_only_spread": by_label(prediction.labels, prediction.text_only.spread),
        "text_audio_spread": by_label(prediction.labels, prediction.text_audio.spread),
        "verdict_text_only": prediction.verdict_text_only,
        "verdict_text_audio": prediction.verdict_text_audio,
        "sentence": verdict_sentence(prediction),
        "words": words_record(prediction.words),
        "notes": list(prediction.notes),
    }


def words_record(words: Iterable[Word]) -> list[Record]:
    """Return words with their times in seconds."""
    return [{"word": word.text, "start_s": word.start_s, "end_s": word.end_s} for word in words]


def transcript_record(transcript: Transcript) -> Record:
    """Return what was heard in a clip: text, language, words with their times, and any note."""
    return {
        "text": transcript.text,
        "language": transcript.language,
        "words": words_record(transcript.words),
        "note": transcript.note,
    }


def tokens_record(prediction: Prediction) -> Record:
    """Return all codes, every selected token with its time and lasso weights, and known words."""
    vocabulary = prediction.vocabulary
    return {
        "frame_s": prediction.frame_s,
        "n_layers": int(prediction.codes.shape[0]),
        "codes": prediction.codes.tolist(),
        "selected": [
            {
                "frame": occurrence.frame,
                "layer": occurrence.layer,
                "code": occurrence.code,
                "start_s": _seconds(occurrence.frame, prediction),
                "token": vocabulary.strings[occurrence.index],
                "weights": vocabulary.weights_of(occurrence.index),
            }
            for occurrence in prediction.selected
        ],
    } | ({"words": words_record(prediction.words)} if prediction.words else {})


def attention_record(
    attention: AttentionRows, layer: int | None = None, head: int | None = None
) -> Record:
    """Return the attention weight of every token at a layer and head, and all layers' shares.

    Parameters
    ----------
    layer, head : 1-based; None takes the mean over all of them.
    """
    weights = chosen_weights(attention, layer, head)
    shares = attention_shares(attention)
    return {
        "n_layers": attention.n_layers,
        "n_heads": attention.n_heads,
        "layer": layer,
        "head": head,
        "read_positions": list(attention.read_positions),
        "tokens": [
            {
                "position": token.position,
                "kind": token.kind,
                "token": token.name,
                "start_s": token.start_s,
                "said_s": token.said_s,
                "weight": round(float(weight), 6),
            }
            for token, weight in zip(attention.tokens, weights, strict=True)
        ],
        "audio_share": [round(float(share), 6) for share in shares.audio],
        "text_share": [round(float(share), 6) for share in shares.text],
    }


def verdict_csv(prediction: Prediction) -> str:
    """Return a CSV of the probabilities, their spread over seeds and change, one row a label."""
    header = ["label", "text_only", "text_only_spread", "text_audio", "text_audio_spread", "change"]
    rows = [
        [
            row.label,
            *(
                round(number, 6)
                for number in (
                    row.text_only,
                    row.text_only_spread,
                    row.text_audio,
                    row.text_audio_spread,
                    row.change,
                )
            ),
        ]
        for row in label_rows(prediction)
    ]
    return as_csv(header, rows)


def tokens_csv(prediction: Prediction) -> str:
    """Return a CSV of the selected tokens and the words during which they sound.

    ``used`` is 0 where thinning left a token out.
    """
    vocabulary = prediction.vocabulary
    used = {
        (token.occurrence.frame, token.occurrence.layer)
        for token in prediction.sequence.tokens
        if token.occurrence is not None
    }
    header = ["frame", "layer", "code", "start_s", "token", "word", "speaks_for", "used"]
    header += [f"weight_{name}" for name in vocabulary.classes]
    rows = [
        [
            occurrence.frame,
            occurrence.layer,
            occurrence.code,
            _seconds(occurrence.frame, prediction),
            vocabulary.strings[occurrence.index],
            word_at(prediction.words, (occurrence.frame + 0.5) * prediction.frame_s),
            vocabulary.spoken_for[occurrence.index],
            int((occurrence.frame, occurrence.layer) in used),
            *vocabulary.weights_of(occurrence.index).values(),
        ]
        for occurrence in prediction.selected
    ]
    return as_csv(header, rows)


def as_json(record: Record) -> str:
    """Return a record as JSON, without escapes for non-ASCII characters."""
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _seconds(frame: int, prediction: Prediction) -> float:
    return round(frame * prediction.frame_s, 6)


def by_label(labels: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    """Return one value a label, by label."""
    return dict(zip(labels, map(float, values), strict=True))


def as_csv(header: list[str], rows: list[list[Any]]) -> str:
    """Return a table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def as_bytes(array: NDArray[Any]) -> Record:
    """Return an array as its dtype, shape and base64 of its bytes, in C order."""
    return {
        "dtype": array.dtype.str.lstrip("<|"),
        "shape": list(array.shape),
        "base64": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii"),
    }
