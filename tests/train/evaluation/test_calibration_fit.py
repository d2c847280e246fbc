from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from audiotok.audio import Samples
from audiotok.bundle import TWINS, Bundle
from audiotok.calibration import Calibration, calibrated
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from tests.conftest import tone
from train.evaluation import calibration_fit
from train.evaluation.calibration_fit import PAIRS, calibrate, mean_verdict
from train.evaluation.metrics import calibration_error, verdict_thresholds
from train.method.training_examples import Example, View
from train.settings.task import RunConfig


def test_calibration_takes_back_what_balancing_did() -> None:
    rng = np.random.default_rng(0)
    honest = rng.uniform(0.02, 0.9, (2000, 4))
    truth = (rng.random(honest.shape) < honest).astype(int)
    told = 2.0 * logit(honest)[None] + 1.5  # too sure, and too eager
    assert calibration_error(expit(told[0]), truth) > 0.15
    calibration = calibrate(told, truth, {}, multi_label=True)
    assert calibration.scale == pytest.approx(0.5, abs=0.05)
    assert calibration.shift == pytest.approx(-0.75, abs=0.1)
    after = calibrated(told, calibration, {}, multi_label=True)[0]
    assert calibration_error(after, truth) < 0.02
    np.testing.assert_array_equal(after.argmax(axis=1), told[0].argmax(axis=1))


def test_what_examples_do_not_tell_of_is_not_calibrated_on() -> None:
    rng = np.random.default_rng(4)
    told = rng.normal(0, 1.5, (2000, 2))
    truth = (rng.random(told.shape) < expit(0.5 * told)).astype(int)
    known = rng.random(truth.shape) < 0.5
    blanked = np.where(known, truth, 0)
    fitted = calibrate(told[None], blanked, {}, multi_label=True, known=known)
    assert fitted.scale == pytest.approx(0.5, abs=0.1)
    assert fitted.shift == pytest.approx(0, abs=0.15)
    assert calibrate(told[None], blanked, {}, multi_label=True).shift < -0.5


def test_exclusive_labels_are_only_scaled() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1, (1500, 2))
    honest = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    truth = np.eye(2, dtype=int)[(rng.random(1500) > honest[:, 0]).astype(int)]
    sure = np.exp(4 * odds) / np.exp(4 * odds).sum(axis=1, keepdims=True)
    calibration = calibrate(4 * odds[None], truth, {}, multi_label=False)
    assert calibration.shift == 0
    assert calibration.scale == pytest.approx(0.25, abs=0.05)
    after = calibrated(4 * odds[None], calibration, {}, multi_label=False)[0]
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert calibration_error(after, truth) < calibration_error(sure, truth)


def test_what_others_say_gets_the_weight_that_validation_gives_it() -> None:
    rng = np.random.default_rng(2)
    voice = rng.normal(0, 1.5, (3000, 3))
    words, bag = rng.uniform(0, 1, (2, *voice.shape))
    odds = 0.5 * voice + 3 * words + 2 * bag - 4
    truth = (rng.random(voice.shape) < expit(odds)).astype(int)
    found, beside = voice[None], {"words": words, "bag_of_tokens": bag}
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
    found = (voice + 6 * bag)[None]  # the listener says much of what the bag says
    whole = calibrate(found, truth, {"bag_of_tokens": bag}, multi_label=True)
    half = calibrate(found, truth, {"bag_of_tokens": bag}, multi_label=True, share=0.5)
    assert half.scale == pytest.approx(whole.scale / 2, abs=1e-3)
    assert half.bag_of_tokens > whole.bag_of_tokens + 1
    told = calibrated(found, half, {"bag_of_tokens": bag}, multi_label=True)
    assert told.mean() == pytest.approx(truth.mean(), abs=0.01)


def test_corpora_count_alike_in_the_threshold_and_pairs_as_configured() -> None:
    def sure_from(least: float, n: int) -> tuple[np.ndarray, np.ndarray]:
        said = np.linspace(0.06, 0.94, n)
        return np.stack([said, np.zeros(n)], axis=1), np.stack(
            [said >= least, np.zeros(n, dtype=bool)], axis=1
        ).astype(int)

    parts = {
        "many": sure_from(0.7, 900),
        "few": sure_from(0.3, 90),
        "fewer": sure_from(0.3, 45),
        PAIRS: sure_from(0.5, 30),
    }
    said, truth = (np.concatenate(found) for found in zip(*parts.values(), strict=True))
    names = np.repeat(list(parts), [len(found[0]) for found in parts.values()])

    def threshold(pair_weight: float) -> float:
        score = mean_verdict(said, truth, names, pair_weight)
        found = verdict_thresholds(score, n_labels=2, shared=True)
        assert found.shape == (2,)
        assert found[0] == found[1]
        return float(found[0])

    # Two of three corpora are told best from .3 on, most clips from .7 on.
    assert threshold(0.0) == pytest.approx(0.3, abs=0.02)
    assert threshold(50.0) == pytest.approx(0.5, abs=0.02)


def heard(bundle: Bundle, codec: Codec, samples: Samples) -> View:
    codes = codec.encode(samples)
    return View(bundle.vocabulary.find(codes), codes)


@pytest.mark.parametrize("multi_label", [True, False])
def test_the_fit_sees_the_probabilities_that_the_classifier_will_give(
    bundle: Bundle, codec: Codec, multi_label: bool
) -> None:
    """Else thresholds would be chosen on probabilities that nobody is shown."""
    kind = {"multi_label": multi_label, "thresholds": dict.fromkeys(TWINS, (0.3, 0.5, 0.4))}
    decision = calibration_fit.Decision(
        {
            "text_only": Calibration(scale=0.7, shift=-0.4),
            "text_audio": Calibration(scale=0.5, shift=-1.0, words=2.0, bag_of_tokens=1.5),
        },
        kind["thresholds"],
    )
    raw, told = (
        Classifier.load(replace(bundle, config=bundle.config.model_copy(update=kind | more)), codec)
        for more in ({}, {"calibration": decision.calibration})
    )
    examples = [
        Example(text, heard(bundle, codec, tone(0.4, hz)), np.zeros(3, dtype=np.int64))
        for text, hz in [("good news", 120.0), ("bad dogs", 240.0), ("", 180.0)]
    ]
    config = RunConfig(
        task="mood",
        labels=bundle.config.labels,
        multi_label=multi_label,
        **dict.fromkeys(("data_dir", "work", "out"), "nowhere"),
        corpora=[],
    )
    logits = calibration_fit._logits(raw, examples, TWINS)
    evidence = {"text_only": {}, "text_audio": calibration_fit._evidence(logits, decision, config)}
    assert evidence["text_audio"]["words"].any()
    given = calibration_fit.predict(told, examples)
    for twin in TWINS:
        seen = calibrated(
            logits[twin], decision.calibration[twin], evidence[twin], multi_label=multi_label
        )
        np.testing.assert_allclose(seen, given[twin], atol=1e-7)
