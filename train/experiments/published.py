"""Scores as published, for comparison: arXiv:2512.07571 and the shared task that it cites."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published score.

    Attributes
    ----------
    run : the config in ``configs/systems`` of the same system; empty where there is none.
    by : its pre-trained models.
    single, bagged : mean over single seeds, and score of their bag where reported.
    """

    task: str
    run: str
    modality: str
    by: str
    single: float
    bagged: float | None = None


def _shared_task(
    task: str, speech: str, by: str, text: float, audio: float, both: float
) -> list[Published]:
    """Return a team's scores of text, audio and both; the teams' RoBERTas differ."""
    return [
        Published(task, "", "text", by, text),
        Published(task, f"{speech}-lstm", "audio", by, audio),
        Published(task, f"roberta-{speech}", "text+audio", by, both),
    ]


_LLAMA, _BYOLA = "Llama-3.2-3B", "Llama-3.2-3B + BYOL-A"
_QWEN = "Qwen2-Audio-7B"
_METHOD = "the method, Llama-3.2-3B"

PUBLISHED: tuple[Published, ...] = (
    Published("AFC", "method", "text+audio", _METHOD, 0.548, 0.592),
    Published("AFC", "llama", "text", _LLAMA, 0.523, 0.537),
    Published("AFC", "qwen2-audio", "text+audio", f"{_QWEN}, fine-tuned", 0.507, 0.515),
    Published("AFC", "qwen2-audio-in-context", "text+audio", _QWEN, 0.170),
    *_shared_task("AFC", "whisper", "RoBERTa + Whisper, Tahir 2025", 0.486, 0.159, 0.461),
    *_shared_task("AFC", "hubert", "RoBERTa + HuBERT, Pittiglio 2025", 0.444, 0.356, 0.440),
    *_shared_task("AFC", "wavlm", "(MM-)RoBERTa + WavLM", 0.393, 0.064, 0.382),
    Published("AFD", "method", "text+audio", _METHOD, 0.307, 0.317),
    Published("AFD", "llama", "text", _LLAMA, 0.283, 0.297),
    Published("AFD", "llama-byola", "text+audio", _BYOLA, 0.285, 0.301),
    *_shared_task("AFD", "wav2vec2", "RoBERTa + wav2vec 2.0, Cantín 2025", 0.220, 0.169, 0.193),
    *_shared_task("AFD", "wavlm", "(MM-)RoBERTa + WavLM", 0.277, 0.000, 0.285),
    Published("SENT", "method", "text+audio", _METHOD, 0.774, 0.792),
    Published("SENT", "llama", "text", _LLAMA, 0.759, 0.764),
    Published("SENT", "llama-byola", "text+audio", _BYOLA, 0.763, 0.771),
    Published("SENT", "qwen2-audio", "text+audio", f"{_QWEN}, fine-tuned", 0.769, 0.779),
    Published("EMO", "method", "text+audio", _METHOD, 0.736, 0.742),
    Published("EMO", "llama", "text", _LLAMA, 0.719, 0.726),
    Published("EMO", "llama-byola", "text+audio", _BYOLA, 0.728, 0.732),
    Published("EMO", "qwen2-audio", "text+audio", f"{_QWEN}, fine-tuned", 0.731, 0.734),
)

# AFC, macro-F1 of single seeds, by pre-training, number of layers and selection.
ABLATION: dict[tuple[str, int, str], float] = {
    ("–", 0, "none"): 0.523,
    ("off", 7, "random"): 0.487,
    ("off", 7, "lasso"): 0.527,
    ("on", 8, "random"): 0.533,
    ("on", 8, "lasso"): 0.518,
    ("on", 7, "random"): 0.539,
    ("on", 7, "lasso"): 0.548,
}
