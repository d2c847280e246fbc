from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from audiotok.errors import DataError
from train.evaluation.confusion import confusion_figure, confusion_picture, picture_name

LABELS = ["happiness", "sadness", "anger"]


def written(counts: list[list[int]], labels: list[str] = LABELS, corpus: str = "nemo") -> list[str]:
    figure = confusion_figure(counts, labels, corpus)
    (axes,) = figure.axes
    ticks = [*axes.get_yticklabels(), *axes.get_xticklabels()]
    return [text.get_text() for text in (*axes.texts, *ticks)] + [axes.get_title(loc="left")]


def test_the_picture_says_corpus_n_counts_and_row_shares() -> None:
    found = written([[6, 2, 0], [0, 7, 3], [1, 1, 2]])
    assert any("nemo" in text and "22" in text for text in found)
    for expected in ("6", "75 %", "25 %", "70 %", "happiness\nn = 8", "anger\nn = 4"):
        assert expected in found


def test_a_label_that_is_never_meant_has_a_column_and_no_row() -> None:
    found = written([[6, 2, 1], [0, 7, 0], [0, 0, 0]])
    assert found.count("anger") == 1
    assert not any(text.startswith("anger\n") for text in found)


def test_the_darkest_cell_of_the_picture_is_the_largest_share() -> None:
    picture = confusion_picture([[9, 1], [5, 5]], ["a", "b"], "made up")
    pixels = imread(io.BytesIO(picture))[..., :3].mean(axis=2)
    assert pixels[:3].min() == pixels[:, :3].min() == 1.0  # light ground
    height, width = pixels.shape
    left, right = pixels[: height // 2, : width // 2 + 100], pixels[: height // 2, -150:]
    assert left.mean() < right.mean()


@pytest.mark.parametrize("labels", [["$a$", "b_{"], ["positive", "negative"]])
def test_labels_are_drawn_as_they_are_written(labels: list[str]) -> None:
    assert confusion_picture([[1, 2], [3, 4]], labels, "$my corpus").startswith(b"\x89PNG")


def test_counts_that_do_not_fit_or_count_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="3 labels need as many"):
        confusion_figure(np.ones((2, 2), dtype=int), LABELS, "nemo")
    with pytest.raises(DataError, match="nemo"):
        confusion_figure(np.zeros((3, 3), dtype=int), LABELS, "nemo")


def test_a_picture_has_a_name_that_a_link_can_hold() -> None:
    assert picture_name("ravdess") == "confusion_ravdess.png"
    assert picture_name("my (first) corpus/1") == "confusion_my_first_corpus_1.png"
