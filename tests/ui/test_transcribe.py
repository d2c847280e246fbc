"""Transcription with a tiny random Whisper, and without any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from audiotok.errors import AudioError, AudiotokError
from audiotok.ui.transcribe import transcribe

SPECIALS = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )

    folder = tmp_path_factory.mktemp("whisper")
    letters = {letter: i for i, letter in enumerate(sorted(ByteLevel.alphabet()))}
    times = [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    tokenizer = WhisperTokenizer(vocab=letters, merges=[])
    tokenizer.add_special_tokens({"extra_special_tokens": [*SPECIALS, *times]})
    special = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIALS}
    end, start = special["<|endoftext|>"], special["<|startoftranscript|>"]
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=len(tokenizer),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
            decoder_start_token_id=start,
            pad_token_id=end,
            bos_token_id=end,
            eos_token_id=end,
        )
    )
    with torch.no_grad():  # so that letters win over everything else
        model.get_output_embeddings().weight[end:] = 0
    model.generation_config = GenerationConfig(
        decoder_start_token_id=start,
        no_timestamps_token_id=special["<|notimestamps|>"],
        is_multilingual=True,
        lang_to_id={"<|en|>": special["<|en|>"]},
        task_to_id={"transcribe": special["<|transcribe|>"]},
        max_initial_timestamp_index=50,
        max_length=12,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        suppress_tokens=list(range(end, end + len(SPECIALS))),
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("seconds", [1, 35])
def test_a_checkpoint_writes_words(whisper, tmp_path, monkeypatch, seconds):
    monkeypatch.setenv("AUDIOTOK_WHISPER", str(whisper))
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, seconds * 16_000)
    soundfile.write(tmp_path / "clip.wav", noise, 16_000)
    words = transcribe(str(tmp_path / "clip.wav"))
    assert words
    assert "<|" not in words


def test_without_a_checkpoint_the_user_is_asked_to_type(clip, monkeypatch):
    monkeypatch.setenv("AUDIOTOK_WHISPER", "nobody/has-this-whisper")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(AudiotokError, match="please type the words instead"):
        transcribe(str(clip))


def test_without_a_clip_there_is_nothing_to_transcribe():
    with pytest.raises(AudioError, match="no recording yet"):
        transcribe(None)
