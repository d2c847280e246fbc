"""The experiment's figure."""

from __future__ import annotations

import pytest

from audiotok.experiment.deck import deal
from audiotok.experiment.tally import tally
from audiotok.experiment.texts import ENGLISH
from audiotok.plots.experiment import experiment_figure
from audiotok.plots.figure import render
from tests.experiment.made_up import MOODS, a_round


def svg(n_rounds: int, guess: bool, **how: object) -> str:
    rounds = [a_round(mood, mood if guess else None) for mood in deal(MOODS, n_rounds, 1)]
    return render(experiment_figure(tally(rounds, MOODS), **how), "svg").decode()


@pytest.mark.parametrize("dark", [False, True])
def test_people_are_drawn_where_somebody_guessed(dark: bool):
    assert ">you<" in svg(6, True, people="you", dark=dark)
    assert ">you<" not in svg(6, False, people="you", dark=dark)


def test_moods_are_told_apart_once_each_came_again():
    assert ">all moods<" in svg(12, True)
    assert ">all moods<" not in svg(6, True)


def test_the_figure_speaks_the_language_of_its_catalogue():
    texts = {**ENGLISH, "voice": "con la voz", "anger": "enojado"}
    drawn = svg(6, True, texts=texts)
    assert ">con la voz<" in drawn
    assert ">enojado<" in drawn


def test_an_empty_board_has_a_figure_too():
    drawn = render(experiment_figure(tally([], MOODS)), "png")
    assert drawn.startswith(b"\x89PNG")
