"""Tokens and measures that go together, and those that seem to."""

from __future__ import annotations

import numpy as np
import pytest

from audiotok.plots.figure import render
from audiotok.vocabulary import AudioVocabulary
from train.studies.acoustics.picture import acoustics_figure
from train.studies.acoustics.relations import Correlations, correlations, explained
from train.studies.acoustics.study import classes_table, how_measured, measures_table
from train.studies.acoustics.tokens import Relations, relate, strongest_tokens
from train.studies.acoustics.voice_measures import MEASURES
from train.studies.acoustics.words import words_of

NAMES = list(MEASURES)
SPEAKERS = list("abcdef") * 40
RNG = np.random.default_rng(0)


def measures() -> np.ndarray:
    """Noise with a level of each speaker's own, and gaps."""
    found = np.random.default_rng(1).normal(size=(len(SPEAKERS), len(NAMES)))
    found += 10 * np.array([ord(each) for each in SPEAKERS])[:, None]
    found[::7, 3] = np.nan
    return found


def test_a_token_goes_with_a_measure_within_speakers_and_not_between_them() -> None:
    told = measures()
    own_level = np.array([ord(each) for each in SPEAKERS], dtype=float)
    of_pitch = told[:, 0] - 10 * own_level + 0.5 * RNG.normal(size=len(SPEAKERS))
    rates = np.column_stack([of_pitch, own_level, np.zeros(len(SPEAKERS))])
    found = correlations(rates, told, SPEAKERS)
    assert found.rho[0, 0] > 0.8
    assert found.is_found[0, 0]
    assert found.is_found.sum() <= 2  # among what is found one in twenty may be chance
    assert np.isnan(found.rho[1:]).all()  # differs between speakers alone; never sounds


def test_among_many_tokens_chance_finds_next_to_nothing() -> None:
    noise = np.random.default_rng(2).normal(size=(len(SPEAKERS), 200))
    assert correlations(noise, measures(), SPEAKERS).is_found.mean() < 0.002


def test_what_features_explain_is_asked_of_speakers_who_were_not_fitted_to() -> None:
    told = measures()
    within = told - 10 * np.array([ord(each) for each in SPEAKERS])[:, None]
    features = RNG.normal(size=(len(SPEAKERS), 30))
    features[:, 0] = within[:, 0] + 0.3 * RNG.normal(size=len(SPEAKERS))
    found = explained(features, told, SPEAKERS)
    assert found[0] > 0.8
    assert np.abs(found[1:]).max() < 0.1
    assert np.isnan(explained(features, told, ["one"] * len(SPEAKERS))).all()


VOCABULARY = AudioVocabulary(
    ("happiness", "neutral"),
    (1, 2),
    ((1, 3), (2, 5), (2, 7)),
    np.array([[0.5, -0.5], [0.9, 0.1], [-0.2, 0.0]]),
    merge_repeats=True,
)


@pytest.fixture(scope="module")
def found() -> Relations:
    """The code 5 of layer 2 sounds once a clip, and again in clips that are high."""
    told, codes = measures(), []
    within = told[:, 0] - 10 * np.array([ord(each) for each in SPEAKERS])
    for level in within:
        row = np.zeros((3, 50), dtype=np.int64)
        row[0] = np.random.default_rng(len(codes)).integers(0, 4, 50)
        for start in range(0, 2 * int(np.clip(4 * (level + 2.5), 0, 20)), 2):
            row[1, start] = 5
        codes.append(row)
    return relate(VOCABULARY, codes, told, SPEAKERS, 0.02, 8)


def test_the_layer_and_the_token_that_hold_a_measure_are_found(found: Relations) -> None:
    assert (found.n_clips, found.n_speakers) == (240, 6)
    assert found.explained.shape == (3, len(NAMES))
    assert found.explained[1, 0] > 0.8
    assert found.explained[[0, 2], 0].max() < 0.1
    assert found.correlations.rho[1, 0] > 0.9


def test_tables_and_picture_tell_it(found: Relations) -> None:
    first = measures_table(found).splitlines()[2].split(" | ")
    assert first[:2] == ["| pitch, median (semitones)", "1"]
    assert first[2].startswith("`<L2:5>` +0.9")
    happiness, neutral = classes_table(found).splitlines()[2:]
    assert happiness == "| happiness | `<L2:5>` high<br>`<L1:3>` – |"
    assert neutral == "| neutral | `<L2:5>` high |"
    assert strongest_tokens(VOCABULARY, 0, 1) == [1]
    assert "240 clips of 6 speakers" in how_measured(found)
    figure = acoustics_figure(found)
    left, right = figure.axes
    assert [text.get_text() for text in right.get_xticklabels()] == ["<L2:5>", "<L1:3>", "<L2:5>"]
    assert left.get_yticklabels()[0].get_text() == "pitch, median"
    assert "·" in {text.get_text() for text in right.texts}
    assert render(figure, "png").startswith(b"\x89PNG")


def test_words_are_of_what_is_strong_and_certain_and_said_once() -> None:
    rho, q = np.zeros((1, len(NAMES))), np.zeros((1, len(NAMES)))
    for name, value in {
        "centroid": 0.5, "roll_off": 0.6, "pitch_slope": -0.4, "rate": 0.19, "intensity": 0.9,
        "jitter": 0.3,
    }.items():  # fmt: skip
        rho[0, NAMES.index(name)] = value
    q[0, NAMES.index("intensity")] = 0.06
    assert words_of(Correlations(rho, q), 0, NAMES) == ["bright", "falling", "rough"]
