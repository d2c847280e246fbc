"""The systems of the paper's tables, by name: one interface, one config each."""

from __future__ import annotations

from typing import Any

from train.experiments.systems.byola import TextModelWithByolA
from train.experiments.systems.linear import BagOfWords, BagOfWordsMfcc, Mfcc
from train.experiments.systems.qwen2_audio import Qwen2AudioFineTuned, Qwen2AudioInContext
from train.experiments.systems.speech import SpeechAndText, SpeechLstm
from train.experiments.systems.speech_tokens import SpeechTokens
from train.experiments.systems.system import Item, System, Task
from train.experiments.systems.text import TextModel

SYSTEMS: dict[str, type[System[Any]]] = {
    "bow": BagOfWords,
    "mfcc": Mfcc,
    "bow_mfcc": BagOfWordsMfcc,
    "text": TextModel,
    "speech_lstm": SpeechLstm,
    "speech_and_text": SpeechAndText,
    "text_byola": TextModelWithByolA,
    "qwen2_audio": Qwen2AudioFineTuned,
    "qwen2_audio_in_context": Qwen2AudioInContext,
    "speech_tokens": SpeechTokens,
}

__all__ = ["SYSTEMS", "Item", "System", "Task"]
