from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from train.method import blockwise_cross_entropy as block_loss
from train.method.blockwise_cross_entropy import block_cross_entropy


@pytest.mark.parametrize(("block", "kind"), [(7, "float32"), (64, "float32"), (7, "bfloat16")])
def test_loss_and_gradients_are_those_of_the_whole_softmax(block, kind, monkeypatch) -> None:
    monkeypatch.setattr(block_loss, "BLOCK", block)
    torch.manual_seed(0)
    matrix, labels = torch.randn(30, 8), torch.tensor([0, 29, 30, 33, 30, 7])
    rows = torch.randn(4, 8, requires_grad=True)
    hidden = (3 * torch.randn(6, 8)).requires_grad_(True)
    logits = functional.linear(hidden, torch.cat([matrix, rows]))
    expected = functional.cross_entropy(logits, labels, reduction="sum")
    wanted = torch.autograd.grad(expected, (hidden, rows))

    loss = block_cross_entropy(hidden.to(getattr(torch, kind)), matrix, rows, labels) / 2
    found = torch.autograd.grad(loss, (hidden, rows))
    tolerance = 1e-5 if kind == "float32" else 0.05
    assert float(2 * loss) == pytest.approx(float(expected), rel=tolerance)
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(2 * ours, theirs, rtol=tolerance, atol=tolerance)


def test_nothing_to_guess_costs_nothing() -> None:
    hidden = torch.zeros(0, 8, requires_grad=True)
    rows = torch.zeros(2, 8, requires_grad=True)
    loss = block_cross_entropy(hidden, torch.randn(5, 8), rows, torch.zeros(0, dtype=torch.long))
    loss.backward()
    assert float(loss) == 0
    assert not rows.grad.any()
