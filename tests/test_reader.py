"""The readers give the same, and what ships is read without what takes long to import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from audiotok import backbone
from audiotok.bundle import TWINS, Bundle
from audiotok.reader import load_reader
from audiotok.reader.any_backbone import PeftReader
from audiotok.reader.bert import BertReader
from audiotok.reader.plain_tokenizer import PlainTokenizer
from audiotok.reader.prefixes import alike_up_to, first_of_each
from audiotok.sequence import Block
from tests.conftest import random_bundle

CPU = torch.device("cpu")
TEXTS = (
    "I will be there in ten minutes.",
    "¿Qué?  tabs\tand\nlines, “quotes” — naïve café 你好 😀",
    "supercalifragilisticexpialidocious " * 80,  # longer than the file's own cut at 128 tokens
    "a",
    "[SEP] x",
)
SLOW_IMPORTS = {"transformers", "peft", "sklearn", "matplotlib", "librosa", "pandas", "gradio"}


@pytest.fixture(scope="module")
def readers(bundle: Bundle) -> tuple[BertReader, PeftReader]:
    own, _ = load_reader(bundle, CPU)
    assert isinstance(own, BertReader)
    folder = backbone.find_backbone("tiny/bert")
    return own, PeftReader(bundle, folder, backbone.load_tokenizer(str(folder)), CPU)


@pytest.fixture(scope="module")
def sequences(bundle: Bundle) -> list[np.ndarray]:
    """Of several lengths, so that some are padded; words, markers and audio tokens."""
    rng = np.random.default_rng(0)
    return [rng.integers(5, 19 + len(bundle.rows), length) for length in (30, 7, 19)]


@pytest.mark.parametrize("twin", TWINS)
def test_all_seeds_in_one_pass_give_what_peft_gives(readers, sequences, twin) -> None:
    own, general = (reader.logits(sequences, twin) for reader in readers)
    assert own.shape == (2, 3, 3)
    assert own.std(dim=0).min() > 1e-4  # seeds differ
    torch.testing.assert_close(own, general, atol=1e-5, rtol=0)


def test_attention_is_that_of_plain_attention_kept_or_not(readers, sequences) -> None:
    own, general = readers
    expected = general.attentions(sequences[1], "text_audio")
    own.logits(sequences, "text_audio", keep=True)  # of another one
    np.testing.assert_allclose(own.attentions(sequences[1], "text_audio"), expected, atol=1e-6)
    own.logits(sequences[1:], "text_audio", keep=True)
    np.testing.assert_allclose(own.attentions(sequences[1], "text_audio"), expected, atol=1e-6)
    other = general.attentions(sequences[1], "text_only")
    assert np.abs(other - expected).max() > 1e-4
    np.testing.assert_allclose(own.attentions(sequences[1], "text_only"), other, atol=1e-6)


def test_attention_is_cut_alike_and_only_where_it_is_said(readers, sequences) -> None:
    own, general = readers
    blocks = [
        [Block(tuple(range(5)), tuple(range(10, 30)), (1, 2))],
        [],
        [Block((0, 1), (3,), (2,)), Block((4,), (0, 1, 2), (1,))],
    ]
    plain = own.logits(sequences, "text_audio")
    cut, expected = (reader.logits(sequences, "text_audio", blocks=blocks) for reader in readers)
    torch.testing.assert_close(cut, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(cut[:, 1], plain[:, 1], atol=1e-5, rtol=0)
    assert (cut - plain)[:, [0, 2]].abs().amax(dim=(0, 2)).min() > 1e-4
    # Nothing of it stays behind.
    torch.testing.assert_close(general.logits(sequences, "text_audio"), plain, atol=1e-5, rtol=0)


def test_one_sequence_cut_in_other_layers_gives_what_each_gives_alone(readers, sequences) -> None:
    """They are read as one up to where they part, some of them to the end."""
    own, general = readers
    first, second = (Block((0, 1), (5, 6, 7), layers) for layers in ((1,), (2,)))
    blocks = [[], [second], [first], [second], [first, second], []]
    rows = [sequences[0]] * 5 + [sequences[1]]
    found = own.logits(rows, "text_audio", blocks=blocks)
    torch.testing.assert_close(
        found, general.logits(rows, "text_audio", blocks=blocks), atol=1e-5, rtol=0
    )
    torch.testing.assert_close(found[:, 1], found[:, 3], atol=0, rtol=0)
    assert len(found[0].unique(dim=0)) == 5


def test_sequences_are_numbered_by_what_they_share() -> None:
    ids = np.array([[1, 2], [1, 2], [3, 4], [1, 2]])
    late, early = Block((0,), (1,), (2,)), Block((0,), (1,), (1, 2))
    alike = alike_up_to(ids, [[], [late], [], [early]], 2)
    assert [each.tolist() for each in alike] == [[0, 0, 1, 0], [0, 0, 1, 2], [0, 1, 2, 3]]
    assert first_of_each(alike[1]).tolist() == [0, 2, 3]


def test_some_seeds_give_what_they_give_among_all(readers, sequences) -> None:
    for reader in readers:
        every = reader.logits(sequences, "text_audio")
        second = reader.logits(sequences, "text_audio", seeds=[1])
        torch.testing.assert_close(second, every[1:], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["llama", "roberta"])
def test_attention_is_cut_in_any_backbone(kind: str, codec, vocabulary) -> None:
    """A position that sees no voice in any layer gives the same whatever the voice."""
    bundle = random_bundle(f"tiny/{kind}", codec, vocabulary)
    reader, _ = load_reader(bundle, CPU)
    rng = np.random.default_rng(1)
    one, other = (rng.integers(5, 19 + len(bundle.rows), 12) for _ in range(2))
    other[[0, 1, 2, 3, 10, 11]] = one[[0, 1, 2, 3, 10, 11]]
    voice, rest = tuple(range(4, 10)), (0, 1, 2, 3, 10, 11)
    blocks = [[Block(rest, voice, (1, 2))]] * 2
    plain = reader.logits([one, other], "text_audio")
    cut = reader.logits([one, other], "text_audio", blocks=blocks)
    assert (plain[:, 0] - plain[:, 1]).abs().max() > 1e-3
    assert (cut - plain).abs().max() > 1e-4
    if reader.reads_last_position:  # the others' heads read the voice's own positions too
        torch.testing.assert_close(cut[:, 0], cut[:, 1], atol=1e-5, rtol=0)


def test_other_kinds_of_lora_are_left_to_peft(bundle, sequences) -> None:
    """Rank-stabilised LoRA divides by the root of the rank."""

    def configured(**changes: object) -> Bundle:
        adapters = {
            key: replace(each, config=each.config | changes)
            for key, each in bundle.adapters.items()
        }
        return replace(bundle, adapters=adapters)

    config = next(iter(bundle.adapters.values())).config
    stabilised, _ = load_reader(configured(use_rslora=True), CPU)
    scaled, _ = load_reader(configured(lora_alpha=config["lora_alpha"] * config["r"] ** 0.5), CPU)
    found = [reader.logits(sequences, "text_audio") for reader in (stabilised, scaled)]
    torch.testing.assert_close(*found, atol=1e-5, rtol=0)


@pytest.mark.parametrize("text", TEXTS)
def test_the_plain_tokenizer_reads_what_transformers_reads(text: str) -> None:
    asked = {"add_special_tokens": False, "return_offsets_mapping": True, "truncation": False}
    theirs = backbone.load_tokenizer(backbone.MINILM)
    ours = PlainTokenizer(backbone.find_backbone(backbone.MINILM))
    found, expected = ours(text, **asked), theirs(text, **asked)
    assert found["input_ids"] == expected["input_ids"]
    assert found["offset_mapping"] == expected["offset_mapping"]
    ids = found["input_ids"]
    assert ours.convert_ids_to_tokens(ids) == theirs.convert_ids_to_tokens(ids)
    assert ours(text)["input_ids"] == theirs(text)["input_ids"]


def test_what_ships_is_loaded_without_what_takes_long_to_import() -> None:
    code = (
        "import sys, audiotok; audiotok.load('emotion', device='cpu').predict(sys.argv[1], 'Hm.');"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    clip = next((Path(__file__).parent.parent / "assets" / "examples").glob("*.flac"))
    ran = subprocess.run(
        [sys.executable, "-c", code, str(clip)], capture_output=True, text=True, check=True
    )
    assert "torch" in ran.stdout.split()
    assert not SLOW_IMPORTS & set(ran.stdout.split())
