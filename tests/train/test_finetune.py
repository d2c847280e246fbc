from __future__ import annotations

import numpy as np
import pytest
import torch

from audiotok import backbone
from train.finetune import balanced_loss, class_weights
from train.trainer import drop_nothing

SURE_OF_FIRST = torch.tensor([[6.0, -6.0]])
UNDECIDED = torch.zeros(1, 2)
NEITHER = torch.zeros(1, 2)
WEIGHTS = torch.tensor([0.5, 2.0])


def test_a_neutral_row_of_exclusive_labels_wants_them_alike() -> None:
    def loss(logits: torch.Tensor) -> float:
        return balanced_loss(logits, NEITHER, WEIGHTS, multi_label=False).item()

    assert loss(UNDECIDED) == pytest.approx(np.log(2))
    assert loss(SURE_OF_FIRST) > 5
    assert loss(SURE_OF_FIRST) == pytest.approx(loss(-SURE_OF_FIRST))  # however rare either is


def test_a_neutral_row_of_several_labels_wants_none() -> None:
    def loss(logits: torch.Tensor) -> float:
        return balanced_loss(logits, NEITHER, WEIGHTS, multi_label=True).item()

    assert loss(torch.full((1, 2), -6.0)) < 0.01 < loss(UNDECIDED) < loss(torch.full((1, 2), 6.0))


def test_rows_count_by_the_weight_of_their_label() -> None:
    logits = torch.cat([SURE_OF_FIRST, SURE_OF_FIRST])
    labels = torch.eye(2)
    found = balanced_loss(logits, labels, WEIGHTS, multi_label=False)
    assert found.item() == pytest.approx(12 * 2.0 / 2.5, abs=0.01)  # only the second is wrong


def test_a_backbone_that_drops_nothing_learns_from_the_same_pass_twice(backbones) -> None:
    tokenizer = backbone.load_tokenizer("tiny/bert")
    model = backbone.load_classifier("tiny/bert", 2, tokenizer).train()
    words = tokenizer("good", return_tensors="pt")

    def passes() -> list[torch.Tensor]:
        return [model(**words).logits for _ in range(2)]

    assert not torch.equal(*passes())
    drop_nothing(model)
    assert torch.equal(*passes())


def test_class_weights_make_classes_count_alike() -> None:
    targets = np.array([[1, 0]] * 9 + [[0, 1]] * 3)
    single = class_weights(targets, multi_label=False, balance=1)
    assert (9 * single[0], 3 * single[1]) == pytest.approx((6, 6))
    assert class_weights(targets, multi_label=True, balance=1) == pytest.approx([1 / 3, 3])
    assert class_weights(targets, multi_label=True, balance=0) == pytest.approx([1, 1])
