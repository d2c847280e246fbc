"""SpeechTokenizer behind one class: load (shipped, folder, hub), encode, decode."""

from pathlib import Path


def import_speechtokenizer():
    from speechtokenizer import SpeechTokenizer

    return SpeechTokenizer


def write_codec(model, config, folder):
    raise SystemExit
