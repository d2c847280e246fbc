"""The token stream on the page: a canvas that plays, zooms and tells what each token is."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import gradio as gr
import soundfile

from audiotok.analysis.spectrogram import spectrogram_record
from audiotok.analysis.stream import stream_record
from audiotok.analysis.verdict import label_name
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.plots.palette import shades_of
from audiotok.prediction import Prediction
from audiotok.ui.scripts import script
from audiotok.ui.templates import read, render

SCRIPTS = (
    "chosen_token.js",
    "kept_tokens.js",
    "looks.js",
    "shades.js",
    *(
        f"stream_{name}.js"
        for name in ("geometry", "spectrogram", "painting", "view", "reading", "deeds")
    ),
)


def stream_view(**options: Any) -> gr.HTML:
    """Make the component; its value is what ``stream_value`` gives.

    Parameters
    ----------
    options : what every Gradio component takes (``elem_id``, ``visible``, ``label`` and so on).
    """
    return gr.HTML(
        value="",
        html_template=render("stream.html"),
        css_template=read("stream.css"),
        js_on_load=script(*SCRIPTS),
        apply_default_css=False,
        **options,
    )


def stream_value(prediction: Prediction | None) -> str:
    """Write a prediction as the JSON that the component draws; None empties the component.

    The clip travels inside as a ``data:`` URI, so no file of it is left on the server.
    """
    if prediction is None:
        return ""
    value = {
        "stream": stream_record(prediction),
        "spectrogram": spectrogram_record(prediction),
        "audio": _data_uri(prediction.recording.samples),
        "names": {label: label_name(label) for label in prediction.vocabulary.classes},
        "colours": {
            label: {"light": shade.light, "dark": shade.dark}
            for label, shade in shades_of(prediction.vocabulary.classes).items()
        },
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _data_uri(samples: Samples) -> str:
    """A 16-bit WAV, 16 kHz mono."""
    wav = io.BytesIO()
    soundfile.write(wav, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return "data:audio/wav;base64," + base64.b64encode(wav.getvalue()).decode("ascii")
