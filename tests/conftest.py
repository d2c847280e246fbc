"""Tiny random models that stand in for the real ones, and generated clips."""

from __future__ import annotations

import gc
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from audiotok.audio import SAMPLE_RATE
from audiotok.backbone import LOCAL_BACKBONES
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.bundle import TWINS, Adapter, Bundle, BundleConfig
from audiotok.codec import Codec
from audiotok.codec_files import write_codec
from audiotok.codec_package import import_speechtokenizer
from audiotok.sequence import N_MARKERS
from audiotok.vocabulary import AudioVocabulary
from tests.sounds import spoken

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tests run in two processes: one thread each, and those that wait do not spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A shell's job in the background ignores Ctrl-C, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

LABELS = ("happiness", "sadness", "anger")
SEEDS = (1, 2)
CODEC_CONFIG = {
    "sample_rate": SAMPLE_RATE,
    "n_filters": 2,
    "strides": [8, 5, 4, 2],
    "dimension": 8,
    "semantic_dimension": 8,
    "bidirectional": True,
    "dilation_base": 2,
    "residual_kernel_size": 3,
    "n_residual_layers": 1,
    "lstm_layers": 1,
    "activation": "Snake",
    "codebook_size": 16,
    "n_q": 8,
    "input_peak": 0.5,
}
WORDS = [
    "kids",
    "dogs",
    "are",
    "talking",
    "sitting",
    "by",
    "the",
    "door",
    "happy",
    "sad",
    "angry",
    "news",
    "good",
    "bad",
]


def tone(seconds: float = 1.0, hz: float = 150.0, rate_hz: int = SAMPLE_RATE) -> np.ndarray:
    """A buzzing voice-like tone with a little noise, float32."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    buzz = sum(np.sin(2 * np.pi * hz * k * times) / k for k in range(1, 6))
    noise = np.random.default_rng(int(hz)).normal(0, 0.02, len(times))
    return (0.2 * buzz * (1 + 0.5 * np.sin(2 * np.pi * 3 * times)) + noise).astype(np.float32)


@pytest.fixture(scope="session")
def codec_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("codec")
    torch.manual_seed(0)
    model = import_speechtokenizer()(CODEC_CONFIG)
    for layer in model.quantizer.vq.layers:
        layer._codebook.embed.normal_(std=0.1)
    write_codec(model, CODEC_CONFIG, folder)
    return folder


@pytest.fixture(scope="session")
def codec(codec_folder: Path) -> Codec:
    return Codec.load(codec_folder)


@pytest.fixture(scope="module", autouse=True)
def imports_are_no_garbage() -> None:
    """Spare the garbage collector what was imported: every training run calls it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def backbones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny random backbones of three kinds, found as a user's own folder of backbones is."""
    root = tmp_path_factory.mktemp("backbones")
    for name in ("bert", "roberta", "llama"):
        _write_backbone(root / "tiny" / name, name)
    os.environ[LOCAL_BACKBONES] = str(root)
    return root


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    soundfile.write(path, spoken(1.2), SAMPLE_RATE)
    return path


@pytest.fixture(scope="session")
def vocabulary() -> AudioVocabulary:
    rng = np.random.default_rng(0)
    pairs = tuple(sorted({(int(la), int(c)) for la, c in rng.integers((1, 0), (9, 16), (40, 2))}))
    classes = (*LABELS, "neutral")
    return AudioVocabulary(classes, tuple(range(1, 9)), pairs, rng.normal(size=(len(pairs), 4)))


@pytest.fixture(scope="session", params=["bert"])
def bundle(
    request: pytest.FixtureRequest,
    codec: Codec,
    codec_folder: Path,
    vocabulary: AudioVocabulary,
    backbones: Path,
) -> Bundle:
    return random_bundle(f"tiny/{request.param}", codec, vocabulary, str(codec_folder))


def random_bundle(
    backbone_id: str, codec: Codec, vocabulary: AudioVocabulary, codec_source: str | None = None
) -> Bundle:
    """A bundle whose adapters are random and differ from each other."""
    from audiotok import backbone
    from train.method.finetuning import adapter_of, lora_model
    from train.settings.steps import FinetuneConfig

    adapters: dict[tuple[str, int], Adapter] = {}
    tokenizer = backbone.load_tokenizer(backbone_id)
    width = 16
    for number, key in enumerate((twin, seed) for twin in TWINS for seed in SEEDS):
        torch.manual_seed(number)
        base = backbone.load_classifier(backbone_id, len(LABELS), tokenizer)
        backbone.add_rows(base, torch.randn(N_MARKERS + len(vocabulary), width))
        model = lora_model(base, FinetuneConfig(rank=2))
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.data.normal_(std=0.5)
        adapters[key] = adapter_of(model)
    config = BundleConfig(
        task="emotion",
        labels=LABELS,
        multi_label=True,
        thresholds=dict.fromkeys(TWINS, (0.5,) * len(LABELS)),
        codec=codec_source,
        codec_fingerprint=codec.fingerprint,
        backbone=backbone_id,
        seeds=SEEDS,
    )
    torch.manual_seed(9)
    rows = torch.randn(N_MARKERS + len(vocabulary), width)
    rng, read = np.random.default_rng(9), codec.functionals
    bag = BagOfTokens(
        rng.normal(size=(len(LABELS), codec.n_layers, codec.codebook_size)),
        np.zeros(len(LABELS)),
        read,
        rng.normal(size=(len(LABELS), len(read))) / 100,
    )
    return Bundle(config, vocabulary, rows, adapters, bag, card="# A random bundle\n")


def _write_backbone(folder: Path, kind: str) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import (
        BertConfig,
        BertModel,
        LlamaConfig,
        LlamaForCausalLM,
        PreTrainedTokenizerFast,
        RobertaConfig,
        RobertaModel,
    )

    folder.mkdir(parents=True)
    specials = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    entries = {word: i for i, word in enumerate([*specials, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(entries, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    template = "<s> $A" if kind == "llama" else "<s> $A </s>"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    if kind != "llama":  # decoders come without pad and mask tokens
        names |= {"pad_token": "<pad>", "mask_token": "<mask>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    sizes = {
        "vocab_size": len(entries),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 96,
    }
    torch.manual_seed(1)
    model = {
        "bert": lambda: BertModel(BertConfig(**sizes)),
        "roberta": lambda: RobertaModel(RobertaConfig(**sizes, pad_token_id=0)),
        "llama": lambda: LlamaForCausalLM(
            LlamaConfig(**sizes, num_key_value_heads=1, tie_word_embeddings=True)
        ),
    }[kind]()
    model.save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["model_type"] == kind
