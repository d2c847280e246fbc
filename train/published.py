"""Scores as published, for comparison: arXiv:2512.07571 and the shared task that it cites."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published score.

    Attributes
    ----------
    system : its name among ``train.systems.SYSTEMS``; what it was built from stands in ``by``.
    single, bagged : mean of single seeds, and of their bag where that was reported.
    """

    task: str
    system: str
    modality: str
    by: str
    single: float
    bagged: float | None = None


def _shared_task(task: str, by: str, text: float, audio: float, both: float) -> list[Published]:
    return [
        Published(task, "text", "text", by, text),
        Published(task, "speech_lstm", "audio", by, audio),
        Published(task, "speech_and_text", "text+audio", by, both),
    ]


_LLAMA, _BYOLA = "Llama-3.2-3B", "Llama-3.2-3B + BYOL-A"
_QWEN = "Qwen2-Audio-7B"
_METHOD = "the method, Llama-3.2-3B"

PUBLISHED: tuple[Published, ...] = (
    Published("AFC", "speech_tokens", "text+audio", _METHOD, 0.548, 0.592),
    Published("AFC", "text", "text", _LLAMA, 0.523, 0.537),
    Published("AFC", "qwen2_audio", "text+audio", f"{_QWEN}, fine-tuned", 0.507, 0.515),
    Published("AFC", "qwen2_audio_in_context", "text+audio", _QWEN, 0.170),
    *_shared_task("AFC", "RoBERTa + Whisper, Tahir 2025", 0.486, 0.159, 0.461),
    *_shared_task("AFC", "RoBERTa + HuBERT, Pittiglio 2025", 0.444, 0.356, 0.440),
    *_shared_task("AFC", "(MM-)RoBERTa + WavLM", 0.393, 0.064, 0.382),
    Published("AFD", "speech_tokens", "text+audio", _METHOD, 0.307, 0.317),
    Published("AFD", "text", "text", _LLAMA, 0.283, 0.297),
    Published("AFD", "text_byola", "text+audio", _BYOLA, 0.285, 0.301),
    *_shared_task("AFD", "RoBERTa + wav2vec 2.0, Cantín 2025", 0.220, 0.169, 0.193),
    *_shared_task("AFD", "(MM-)RoBERTa + WavLM", 0.277, 0.000, 0.285),
    Published("SENT", "speech_tokens", "text+audio", _METHOD, 0.774, 0.792),
    Published("SENT", "text", "text", _LLAMA, 0.759, 0.764),
    Published("SENT", "text_byola", "text+audio", _BYOLA, 0.763, 0.771),
    Published("SENT", "qwen2_audio", "text+audio", f"{_QWEN}, fine-tuned", 0.769, 0.779),
    Published("EMO", "speech_tokens", "text+audio", _METHOD, 0.736, 0.742),
    Published("EMO", "text", "text", _LLAMA, 0.719, 0.726),
    Published("EMO", "text_byola", "text+audio", _BYOLA, 0.728, 0.732),
    Published("EMO", "qwen2_audio", "text+audio", f"{_QWEN}, fine-tuned", 0.731, 0.734),
)
