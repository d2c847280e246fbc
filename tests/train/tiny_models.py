"""Tiny random models of the real classes, saved as the published ones are."""

from __future__ import annotations

from pathlib import Path

import torch

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


def write_speech_encoder(folder: Path, kind: str) -> None:
    """Write a WavLM, HuBERT, wav2vec 2.0 or Whisper with its feature extractor."""
    import transformers

    torch.manual_seed(0)
    if kind == "whisper":
        config = transformers.WhisperConfig(
            vocab_size=32,
            d_model=16,
            hidden_size=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 1),
            decoder_start_token_id=2,
        )
        transformers.WhisperModel(config).save_pretrained(folder)
        transformers.WhisperFeatureExtractor().save_pretrained(folder)
        return
    names = {"wavlm": "WavLM", "hubert": "Hubert", "wav2vec2": "Wav2Vec2"}
    config = getattr(transformers, names[kind] + "Config")(
        **SIZES, conv_dim=(8,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2
    )
    getattr(transformers, names[kind] + "Model")(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)


def write_byola(
    path: Path, *, n_blocks: int, width: int, stacked: bool, wrapper: str | None = None
) -> None:
    """Write a checkpoint in one of the published layouts."""
    from train.experiments.systems.byola import ByolA

    torch.manual_seed(0)
    state = ByolA(n_blocks, width, stacked).state_dict()
    torch.save({wrapper: {f"model.{k}": v for k, v in state.items()}} if wrapper else state, path)


def write_qwen2_audio(folder: Path) -> None:
    """Write a Qwen2-Audio with a byte-level tokenizer that knows its special tokens."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        Qwen2Tokenizer,
        WhisperFeatureExtractor,
    )

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    audio = ["<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>"]
    letters = sorted(ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*letters, *special, *audio])}
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary,
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=audio,
    )
    text = {**SIZES, "model_type": "qwen2", "num_key_value_heads": 1, "vocab_size": len(tokenizer)}
    hearing = {
        "model_type": "qwen2_audio_encoder",
        "d_model": 16,
        "encoder_layers": 1,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
    }
    config = Qwen2AudioConfig(
        audio_config=hearing,
        text_config=text,
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    torch.manual_seed(0)
    Qwen2AudioForConditionalGeneration(config).save_pretrained(folder)
    extractor = WhisperFeatureExtractor(feature_size=128)
    Qwen2AudioProcessor(extractor, tokenizer).save_pretrained(folder)
