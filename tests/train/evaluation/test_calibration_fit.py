from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from train.evaluation.calibration_fit import calibrate, calibrated
from train.evaluation.metrics import calibration_error


def test_calibration_takes_back_what_balancing_did() -> None:
    rng = np.random.default_rng(0)
    honest = rng.uniform(0.02, 0.9, (2000, 4))
    truth = (rng.random(honest.shape) < honest).astype(int)
    told = expit(2.0 * logit(honest) + 1.5)[None]  # too sure, and too eager
    assert calibration_error(told[0], truth) > 0.15
    calibration = calibrate(told, truth, {}, multi_label=True)
    assert calibration.scale == pytest.approx(0.5, abs=0.05)
    assert calibration.shift == pytest.approx(-0.75, abs=0.1)
    after = calibrated(told, calibration, {}, multi_label=True)[0]
    assert calibration_error(after, truth) < 0.02
    np.testing.assert_array_equal(after.argmax(axis=1), told[0].argmax(axis=1))


def test_exclusive_labels_are_only_scaled() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1, (1500, 2))
    honest = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    truth = np.eye(2, dtype=int)[(rng.random(1500) > honest[:, 0]).astype(int)]
    sure = np.exp(4 * odds) / np.exp(4 * odds).sum(axis=1, keepdims=True)
    calibration = calibrate(sure[None], truth, {}, multi_label=False)
    assert calibration.shift == 0
    assert calibration.scale == pytest.approx(0.25, abs=0.05)
    after = calibrated(sure[None], calibration, {}, multi_label=False)[0]
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert calibration_error(after, truth) < calibration_error(sure, truth)


def test_what_others_say_gets_the_weight_that_validation_gives_it() -> None:
    rng = np.random.default_rng(2)
    voice = rng.normal(0, 1.5, (3000, 3))
    words, bag = rng.uniform(0, 1, (2, *voice.shape))
    odds = 0.5 * voice + 3 * words + 2 * bag - 4
    truth = (rng.random(voice.shape) < expit(odds)).astype(int)
    found, beside = expit(voice)[None], {"words": words, "bag_of_tokens": bag}
    calibration = calibrate(found, truth, beside, multi_label=True)
    assert calibration.words == pytest.approx(3, abs=0.3)
    assert calibration.bag_of_tokens == pytest.approx(2, abs=0.3)
    assert calibration.scale == pytest.approx(0.5, abs=0.1)
    assert calibrate(found, truth, {}, multi_label=True).words == 0
    together = calibrated(found, calibration, beside, multi_label=True)[0]
    np.testing.assert_allclose(together, expit(odds), atol=0.1)


def test_a_share_of_the_scale_is_kept_and_the_rest_found_beside_it() -> None:
    rng = np.random.default_rng(3)
    bag, voice = rng.uniform(0, 1, (3000, 3)), rng.normal(0, 1.5, (3000, 3))
    truth = (rng.random(voice.shape) < expit(0.5 * voice + 4 * bag - 2)).astype(int)
    found = expit(voice + 6 * bag)[None]  # the listener says much of what the bag says
    whole = calibrate(found, truth, {"bag_of_tokens": bag}, multi_label=True)
    half = calibrate(found, truth, {"bag_of_tokens": bag}, multi_label=True, share=0.5)
    assert half.scale == pytest.approx(whole.scale / 2, abs=1e-3)
    assert half.bag_of_tokens > whole.bag_of_tokens + 1
    told = calibrated(found, half, {"bag_of_tokens": bag}, multi_label=True)
    assert told.mean() == pytest.approx(truth.mean(), abs=0.01)
