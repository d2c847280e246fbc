"""One name for where to compute, checked before anything is loaded."""

from __future__ import annotations

import pytest
import torch

from audiotok.device import resolve_device
from audiotok.errors import AudiotokError


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "best"),
    [(False, False, "cpu"), (False, True, "mps"), (True, True, "cuda")],
)
def test_auto_is_the_fastest_that_is_there(
    monkeypatch: pytest.MonkeyPatch, has_cuda: bool, has_mps: bool, best: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    monkeypatch.setattr(torch, "empty", lambda *_, device: None)
    assert resolve_device() == torch.device(best)


@pytest.mark.parametrize("name", ["cpu", "meta"])
def test_what_torch_can_use_is_taken_by_its_name(name: str) -> None:
    assert resolve_device(name) == torch.device(name)


@pytest.mark.parametrize("name", ["gpu", "", "cpu:x", "cuda:99", "mps:7", "../cpu"])
def test_what_is_not_there_is_one_sentence(name: str) -> None:
    with pytest.raises(AudiotokError, match=r"give auto"):
        resolve_device(name)
