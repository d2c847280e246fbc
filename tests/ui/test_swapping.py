"""The square of a swap goes when other takes are chosen, and not before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from audiotok.ui.swapping import Swapping
from audiotok.ui.takes import Asked


@pytest.mark.parametrize(
    ("ids", "swapped", "stays"),
    [
        (["a", "b"], ["a", "b"], True),  # the choice that is shown comes late
        (["a", "c"], ["a", "b"], False),
        (["a", "b"], [], False),
    ],
)
def test_the_square_stays_while_its_pair_is_chosen(
    monkeypatch: pytest.MonkeyPatch, ids: list[str], swapped: list[str], stays: bool
) -> None:
    nothing: Any = None
    swapping = Swapping(nothing, nothing, nothing, nothing, "models")
    asked = SimpleNamespace(view="pair", ids=ids)
    monkeypatch.setattr(Asked, "read", lambda content: asked)
    column, view, *buttons = swapping._on_chosen("", swapped)
    if stays:
        assert column == view == gr.skip()
    else:
        assert column.visible
        assert view == ""
        assert not any(button.visible for button in buttons)
