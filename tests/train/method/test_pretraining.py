from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audiotok import backbone
from audiotok.errors import DataError
from audiotok.sequence import N_MARKERS
from audiotok.vocabulary import AudioVocabulary
from train.method.masking import MaskedSequences
from train.method.pretraining import (
    RowModel,
    class_name_embeddings,
    load_language_model,
    pretrain_rows,
    start_rows,
)
from train.method.trainer import AdapterTrainer
from train.settings.steps import PretrainConfig

N_TOKENS = 6
WEIGHTS = np.random.default_rng(0).normal(size=(N_TOKENS, 3))
VOCABULARY = AudioVocabulary(
    ("happy", "sad", "angry"), (1,), tuple((1, code) for code in range(N_TOKENS)), WEIGHTS
)


def sequences(first_row: int) -> list[np.ndarray]:
    """Audio tokens that alternate, so that a neighbour tells what a masked one was."""
    rows = []
    for index in range(96):
        pair = (index % 3) * 2 + np.arange(16) % 2
        rows.append(np.array([2, 5, 6, *(first_row + N_MARKERS + pair), 3]))
    return rows


def first_row_of(kind: str) -> int:
    tokenizer = backbone.load_tokenizer(f"tiny/{kind}")
    return backbone.n_rows(backbone.load_classifier(f"tiny/{kind}", 2, tokenizer))


@pytest.mark.parametrize(("kind", "objective"), [("bert", "masked"), ("llama", "causal")])
def test_rows_learn_what_sounds_together(kind, objective, tmp_path) -> None:
    settings = PretrainConfig(epochs=60, learning_rate=0.05, patience=100)
    rows, facts = pretrain_rows(
        f"tiny/{kind}", sequences(first_row_of(kind)), VOCABULARY, settings, tmp_path
    )
    assert facts["objective"] == objective
    assert rows.shape == (N_MARKERS + N_TOKENS, 16)
    assert facts["best_loss"] < 0.8 * facts["first_loss"]


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_nothing_but_rows_and_transform_learns(kind) -> None:
    base, decoder = load_language_model(f"tiny/{kind}", kind == "llama")
    matrix = base.get_input_embeddings().weight
    model = RowModel(base, start_rows(matrix, WEIGHTS, seed=0), decoder=decoder)
    ids = torch.from_numpy(np.stack(sequences(model.first_row)[:4]))
    labels = torch.full_like(ids, -100)
    labels[:, 5] = ids[:, 5] if decoder else ids[:, 5] - model.first_row - N_MARKERS
    model(ids, torch.ones_like(ids), labels)["loss"].backward()
    learning = {name for name, p in model.named_parameters() if p.grad is not None}
    rows = {"embedding.audio_rows.weight"}
    assert learning == (rows if decoder else rows | {"transform.weight", "transform.bias"})
    assert model.rows.grad.shape == (N_MARKERS + N_TOKENS, 16)
    assert not any("base." in name or "matrix" in name for name in model.state_dict())


def test_a_batch_without_audio_has_no_loss() -> None:
    base, _ = load_language_model("tiny/bert", False)
    model = RowModel(
        base, start_rows(base.get_input_embeddings().weight, WEIGHTS, 0), decoder=False
    )
    ids = torch.tensor([[2, 5, 3]])
    loss = model(ids, torch.ones_like(ids), torch.full_like(ids, -100))["loss"]
    assert loss.item() == 0


def test_rows_start_like_the_backbones_own() -> None:
    matrix = torch.randn(4000, 16) * torch.linspace(0.5, 2, 16) + 3
    rows = start_rows(matrix, np.ones((3000, 2)), seed=0)
    torch.testing.assert_close(rows.mean(0), matrix.mean(0), atol=0.2, rtol=0)
    torch.testing.assert_close(rows.std(0), matrix.std(0), atol=0.1, rtol=0.1)


def test_rows_may_start_near_the_words_for_their_classes() -> None:
    tokenizer = backbone.load_tokenizer("tiny/bert")
    matrix = torch.randn(19, 64)
    classes = ("happy", "sad")
    class_embeddings = class_name_embeddings(classes, tokenizer, matrix)
    happy, sad = (tokenizer.convert_tokens_to_ids(name) for name in classes)
    torch.testing.assert_close(class_embeddings, matrix[[happy, sad]])
    weights = np.array([[1.0, 0.0]] * 20 + [[0.0, 1.0]] * 20 + [[-1.0, 0.0]] * 20)
    rows = start_rows(matrix, weights, seed=0, class_embeddings=class_embeddings)[N_MARKERS:]
    mean = matrix.mean(dim=0)
    alike = torch.cosine_similarity(rows - mean, matrix[happy] - mean)
    assert alike[:20].min() > 0.8
    assert alike[40:].max() < -0.8
    assert alike[20:40].abs().max() < 0.5
    assert torch.unique(rows, dim=0).shape[0] == 60


class KilledError(Exception):
    """Stands for the end of the process."""


def pretrained(folder: Path, kind: str = "bert", n: int = 24, **settings: Any) -> Any:
    options = {"epochs": 3, "batch_size": 4, "learning_rate": 0.05, "patience": 9, **settings}
    found = sequences(first_row_of(kind))[:n]
    return pretrain_rows(f"tiny/{kind}", found, VOCABULARY, PretrainConfig(**options), folder)


@pytest.mark.parametrize("kind", ["bert", "llama"])
@pytest.mark.parametrize("n_steps", [7, 13])  # of six an epoch; checkpoints are after every third
def test_pretraining_that_goes_on_ends_as_an_unbroken_one(
    kind, n_steps, tmp_path, monkeypatch
) -> None:
    step = AdapterTrainer.training_step

    def killed(trainer: Any, *arguments: Any, **options: Any) -> Any:
        if trainer.state.global_step == n_steps:
            raise KilledError
        return step(trainer, *arguments, **options)

    monkeypatch.setattr(AdapterTrainer, "training_step", killed)
    with pytest.raises(KilledError):
        pretrained(tmp_path, kind)
    assert (tmp_path / "checkpoints").is_dir()
    monkeypatch.setattr(AdapterTrainer, "training_step", step)
    rows, facts = pretrained(tmp_path, kind)
    expected, whole = pretrained(tmp_path / "in one go", kind)
    assert facts == whole
    torch.testing.assert_close(rows, expected)


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_evaluations_of_the_same_rows_agree(kind, tmp_path, caplog) -> None:
    caplog.set_level("INFO")
    pretrained(tmp_path, kind, learning_rate=1e-20)
    losses = [record.args["eval_loss"] for record in caplog.records if "eval_loss" in record.args]
    assert len(losses) == 7  # before the first step, and two an epoch
    assert losses == pytest.approx([losses[0]] * 7, abs=1e-9)


def test_the_first_loss_is_that_of_the_rows_that_training_starts_from(tmp_path) -> None:
    _, unlearned = pretrained(tmp_path / "still", learning_rate=1e-20)
    _, facts = pretrained(tmp_path / "learning", learning_rate=0.5)
    assert facts["first_loss"] == pytest.approx(unlearned["best_loss"], abs=1e-6)
    assert abs(facts["best_loss"] - facts["first_loss"]) > 0.05


def test_rows_that_only_get_worse_are_not_said_to_be_as_good_as_the_first(tmp_path) -> None:
    _, facts = pretrained(tmp_path, epochs=1, learning_rate=50)
    assert facts["best_loss"] > facts["first_loss"]


def test_a_share_of_the_audio_is_masked_anew_in_each_epoch() -> None:
    audio = np.concatenate([[2, 5], 20 + N_MARKERS + np.arange(50) % N_TOKENS, [3]])
    masked = MaskedSequences([audio, np.array([2, 5, 20, 3])], 20, 4, rate=0.3, seed=0)
    first = masked[0]
    hidden = first["input_ids"] == 4
    assert (first["labels"][hidden] == audio[hidden] - 20 - N_MARKERS).all()
    assert (first["labels"][~hidden] == -100).all()
    assert (first["input_ids"][~hidden] == audio[~hidden]).all()
    shares = []
    for epoch in range(200):
        masked.set_epoch(epoch)
        shares.append((masked[0]["labels"] >= 0).sum() / 50)
        assert (masked[1]["labels"] == -100).all()  # it has markers only
    assert np.mean(shares) == pytest.approx(0.3, abs=0.02)
    masked.set_epoch(1)
    assert (masked[0]["input_ids"] != first["input_ids"]).any()
    rarely = MaskedSequences([audio], 20, 4, rate=1e-9, seed=0)
    assert (rarely[0]["labels"] >= 0).sum() == 1


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_sequences_are_told_in_a_sentence(n, tmp_path) -> None:
    with pytest.raises(DataError, match=f"but there are 0 and {n};"):
        pretrained(tmp_path, n=n)


def test_two_sequences_are_enough(tmp_path) -> None:
    _, facts = pretrained(tmp_path, n=2, epochs=1)
    assert facts["best_loss"] != facts["first_loss"]  # the one step of the run counts
