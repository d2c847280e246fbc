from __future__ import annotations

import numpy as np
import pytest
import torch

from audiotok import backbone
from audiotok.sequence import N_MARKERS
from train.config import PretrainConfig
from train.pretrain import RowModel, load_language_model, pretrain_rows, start_rows

N_TOKENS = 6
WEIGHTS = np.random.default_rng(0).normal(size=(N_TOKENS, 3))


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
        f"tiny/{kind}", sequences(first_row_of(kind)), WEIGHTS, settings, tmp_path
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
    assert learning == ({"rows"} if decoder else {"rows", "transform.weight", "transform.bias"})
    assert model.rows.grad.shape == (10, 16)
    assert not any(name.startswith("base.") for name in model.state_dict())


def test_a_batch_without_audio_has_no_loss() -> None:
    base, _ = load_language_model("tiny/bert", False)
    model = RowModel(
        base, start_rows(base.get_input_embeddings().weight, WEIGHTS, 0), decoder=False
    )
    ids = torch.tensor([[2, 5, 3]])
    loss = model(ids, torch.ones_like(ids), torch.full_like(ids, -100))["loss"]
    assert loss.item() == 0


@pytest.mark.parametrize("lasso", [False, True])
def test_rows_start_like_the_backbones_own(lasso) -> None:
    matrix = torch.randn(4000, 16) * torch.linspace(0.5, 2, 16) + 3
    weights = np.random.default_rng(1).normal(size=(3000, 40))
    rows = start_rows(matrix, weights, seed=0, lasso=lasso)
    torch.testing.assert_close(rows.mean(0), matrix.mean(0), atol=0.2, rtol=0)
    torch.testing.assert_close(rows.std(0), matrix.std(0), atol=0.1, rtol=0.3)


def test_rows_that_start_from_the_lasso_tell_the_classes() -> None:
    matrix = torch.randn(500, 64)
    weights = np.repeat(np.eye(2), 20, axis=0)
    rows = start_rows(matrix, weights, seed=0, lasso=True)[N_MARKERS:]
    rows = torch.nn.functional.normalize(rows - matrix.mean(dim=0))
    alike = rows @ rows.T
    assert alike[:20, :20].mean() > 3 * alike[:20, 20:].abs().mean()
