from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from audiotok.acoustics.functionals import Functionals
from audiotok.bag_of_tokens import BagOfTokens
from train.method.bag_of_tokens import bag_model, fit_bag
from train.method.token_counts import count_tokens
from train.settings.steps import BagOfTokensConfig

N_LAYERS, SIZE = 2, 16
CONFIG = BagOfTokensConfig(C=0.1, reference_correction=0.5)
NONE = Functionals.of_layers({}, SIZE)
READ = Functionals.of_layers({1: np.arange(SIZE)[:, None] / SIZE}, SIZE)  # a layer 2 of heights


def clips(n: int, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Codes whose second layer leans to low codes for the first label, to high ones for the other;
    a third of them is neutral and does neither."""
    rng = np.random.default_rng(seed)
    moods = rng.integers(3, size=n)
    codes = []
    for mood in moods:
        lean = (rng.beta(1, 2, 40), rng.beta(2, 1, 40), rng.random(40))[mood]
        codes.append(np.stack([rng.integers(SIZE, size=40), (SIZE * lean).astype(int)]))
    return codes, np.eye(3, dtype=int)[moods][:, :2]


@pytest.mark.parametrize("multi_label", [True, False])
def test_a_bag_tells_labels_of_unseen_clips_apart(multi_label: bool) -> None:
    bag = fit_bag(*clips(300), CONFIG, NONE, multi_label=multi_label)
    assert bag.weights.shape == (2, N_LAYERS, SIZE)
    codes, targets = clips(200, seed=1)
    labelled = targets.any(axis=1)
    said = np.stack([bag.logits(each) for each in codes])
    right = said.argmax(axis=1) == targets.argmax(axis=1)
    assert right[labelled].mean() > 0.9


def test_a_neutral_voice_speaks_for_no_exclusive_label() -> None:
    """Even where it sounds more like one of them, and has a habit of its own besides."""
    codes, targets = clips(300)
    neutral = np.flatnonzero(~targets.any(axis=1))
    for place in neutral:
        codes[place] = np.stack([np.full(40, 3), codes[targets[:, 1].argmax()][1]])
    bag = fit_bag(codes, targets, CONFIG, NONE, multi_label=False)
    negative, positive = np.mean([bag.logits(codes[place]) for place in neutral], axis=0)
    assert abs(positive - negative) < 0.1
    said = np.stack([bag.logits(each) for each in codes])
    right = said.argmax(axis=1) == targets.argmax(axis=1)
    assert right[targets.any(axis=1)].mean() > 0.9


def test_a_rare_label_is_heard_as_far_from_neutral_as_a_common_one() -> None:
    codes, targets = clips(900)
    rare = np.flatnonzero(targets[:, 1])
    kept = np.setdiff1d(np.arange(900), rare[30:])
    config = BagOfTokensConfig(C=1e-3)
    bag = fit_bag([codes[i] for i in kept], targets[kept], config, NONE, multi_label=False)
    unseen, expected = clips(600, seed=1)
    leaning = np.array([np.diff(bag.logits(each))[0] for each in unseen])
    common, rare_, neutral = (
        leaning[which].mean() for which in (*(expected.T == 1), ~expected.any(axis=1))
    )
    assert rare_ == pytest.approx(-common, rel=0.1)
    assert abs(neutral) < 0.1 * rare_


def test_a_bag_says_what_scikit_learns_model_says() -> None:
    codes, targets = clips(200)
    layers = range(1, N_LAYERS + 1)
    model = bag_model(CONFIG.C, multi_label=True).fit(count_tokens(codes, layers, SIZE), targets)
    expected = model.predict_proba(count_tokens(codes, layers, SIZE))
    bag = fit_bag(codes, targets, CONFIG, NONE, multi_label=True)
    said = expit(np.stack([bag.logits(each) for each in codes]))
    np.testing.assert_allclose(said, expected, atol=1e-9)


@pytest.mark.parametrize("multi_label", [True, False])
def test_clips_of_little_weight_hardly_count(multi_label: bool) -> None:
    codes, targets = clips(300)
    wrong = np.arange(300) < 200
    targets[wrong] = targets[wrong][:, ::-1]
    told = {}
    for light in (1.0, 1e-6):
        weights = np.where(wrong, light, 1.0)[:, None] * np.ones(2)
        bag = fit_bag(codes, targets, CONFIG, NONE, multi_label=multi_label, weights=weights)
        said = np.stack([bag.logits(each) for each in codes])
        right = said.argmax(axis=1) == targets.argmax(axis=1)
        told[light] = right[~wrong & targets.any(axis=1)].mean()
    assert told[1.0] < 0.5
    assert told[1e-6] > 0.9


def test_a_label_that_no_clip_has_is_never_heard() -> None:
    codes, targets = clips(200)
    expected = fit_bag(codes, targets, CONFIG, NONE, multi_label=True)
    nobody, everybody = np.zeros((200, 1), dtype=int), np.ones((200, 1), dtype=int)
    more = np.concatenate([nobody, targets, everybody], axis=1)
    bag = fit_bag(codes, more, CONFIG, NONE, multi_label=True)
    said = np.stack([bag.logits(each) for each in codes])
    assert said[:, 0].max() < -5
    assert said[:, 3].min() > 5
    np.testing.assert_allclose(said[:, 1:3], [expected.logits(each) for each in codes])


def test_a_clip_without_codes_says_the_bias_alone() -> None:
    bias = np.array([1.0, 2.0, 3.0])
    bag = BagOfTokens(np.ones((3, N_LAYERS, SIZE)), bias, READ, np.ones((3, len(READ))))
    np.testing.assert_array_equal(bag.logits(np.empty((0, 0), dtype=int)), bag.bias)


def test_what_is_said_of_the_plain_voice_beyond_the_usual_is_taken_off() -> None:
    codes, targets = clips(200)
    bag = fit_bag(codes, targets, CONFIG, NONE, multi_label=True)
    neutral = [each for each, target in zip(codes, targets, strict=True) if not target.any()]
    usual = np.mean([bag.logits(each) for each in neutral], axis=0)
    np.testing.assert_allclose(bag.plain, usual)
    alone, reference = codes[0], neutral[0]
    habit = bag.logits(reference) - usual
    np.testing.assert_allclose(
        bag.judge([alone], [reference]), bag.logits(alone) - 0.5 * habit, atol=1e-12
    )
    np.testing.assert_array_equal(bag.judge([alone]), bag.logits(alone))


def test_functionals_are_mean_deviation_and_change_of_what_codes_stand_for() -> None:
    tables = {0: np.eye(4), 1: np.array([[0.0], [1.0], [2.0], [5.0]])}
    read = Functionals.of_layers(tables, 4)
    codes = np.array([[3, 3, 0], [1, 3, 2]])
    mean, deviation, change = np.split(read(codes), 3)
    np.testing.assert_allclose(mean, [1 / 3, 0, 0, 2 / 3, 8 / 3])
    np.testing.assert_allclose(deviation[4], np.std([1, 5, 2]))
    np.testing.assert_allclose(change, [0.5, 0, 0, 0.5, 3.5])
    np.testing.assert_array_equal(read(codes[:, :1])[10:], 0)  # one frame changes nothing


@pytest.mark.parametrize("multi_label", [True, False])
def test_functionals_tell_of_codes_that_training_never_had(multi_label: bool) -> None:
    """Clips whose codes are odd are heard by a bag that learned from even ones."""
    codes, targets = clips(300)
    even = [each // 2 * 2 for each in codes]
    odd = [each // 2 * 2 + 1 for each in codes]
    config = BagOfTokensConfig(C=1e-4, C_functionals=0.1)
    labelled = targets.any(axis=1)

    def share_right(functionals: Functionals) -> float:
        bag = fit_bag(even, targets, config, functionals, multi_label=multi_label)
        said = np.stack([bag.logits(each) for each in odd])
        return float((said.argmax(axis=1) == targets.argmax(axis=1))[labelled].mean())

    assert share_right(READ) > 0.9
    assert share_right(NONE) < 0.6


def test_one_penalty_a_block_is_one_penalty_on_scaled_columns() -> None:
    codes, targets = clips(200)
    loose, tight = (
        fit_bag(codes, targets, BagOfTokensConfig(C=1e-4, C_functionals=C), READ, multi_label=True)
        for C in (1.0, 1e-4)
    )
    assert np.abs(loose.functional_weights).max() > 3 * np.abs(tight.functional_weights).max()
