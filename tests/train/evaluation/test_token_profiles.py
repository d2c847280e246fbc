"""What tokens sound like, against sounds whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest

from audiotok.audio import SAMPLE_RATE
from audiotok.token_profiles import require_fit
from audiotok.vocabulary import AudioVocabulary
from tests.sounds import spoken
from train.evaluation.frame_measures import FRAME, FrameMeasures, measure_frames
from train.evaluation.token_profiles import ProfiledClip, profile_tokens

N = 50


def noise(exponent: float) -> np.ndarray:
    """One second of noise whose power falls with the given power of the frequency."""
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(SAMPLE_RATE))
    hz = np.maximum(np.fft.rfftfreq(SAMPLE_RATE, 1 / SAMPLE_RATE), 20)
    shaped = np.fft.irfft(spectrum * hz ** (-exponent / 2))
    return (0.3 * shaped / np.abs(shaped).max()).astype(np.float32)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_tilt_of_noise_is_three_decibels_an_octave_and_power(exponent):
    tilt = measure_frames(noise(exponent), N).tilt_db_per_octave
    assert np.median(tilt) == pytest.approx(-3.01 * exponent, abs=0.5)


def test_pitch_and_level_are_those_of_the_sound():
    low, high = spoken(0.5, 120.0), spoken(0.5, 240.0)
    samples = np.concatenate([0.1 * low, high]).astype(np.float32)
    found = measure_frames(samples, N)
    assert found.pitch_hz.shape == found.level_db.shape == found.harmonicity.shape == (N,)
    assert np.nanmedian(found.pitch_hz[30:]) / np.nanmedian(found.pitch_hz[:20]) == pytest.approx(
        2, rel=0.1
    )
    assert np.median(found.level_db[30:]) - np.median(found.level_db[:20]) == pytest.approx(
        20, abs=4
    )


def test_a_silent_clip_and_one_shorter_than_its_frames_have_finite_levels():
    for samples in (np.zeros(FRAME * 3, np.float32), np.full(5, 0.1, np.float32)):
        found = measure_frames(samples, 3)
        assert np.isfinite(found.level_db).all()
        assert np.isfinite(found.tilt_db_per_octave).all()
        assert np.isnan(found.pitch_hz).all()


VOCABULARY = AudioVocabulary(
    classes=("happiness", "sadness", "neutral"),
    layers=(1, 2),
    pairs=((1, 3), (2, 5), (2, 7)),
    weights=np.ones((3, 3)),
    merge_repeats=True,
)


def clip(row_1: list[int], row_2: list[int], pitch: list[float], *classes: str) -> ProfiledClip:
    n = len(row_1)
    measures = FrameMeasures(np.array(pitch), np.arange(n) * 1.0, np.full(n, -6.0), np.full(n, 0.5))
    return ProfiledClip(np.array([row_1, row_2]), measures, classes, "one speaker")


def test_profiles_are_medians_over_the_frames_of_a_token_from_the_speakers_own_pitch():
    nan = np.nan
    clips = [
        clip([3, 3, 0, 3], [0, 5, 5, 0], [200, 200, 100, 200], "happiness"),
        clip([0, 0, 0, 0], [0, 0, 0, 5], [100, 100, 100, nan], "sadness"),
    ]
    profiles = profile_tokens(
        VOCABULARY, iter(clips), VOCABULARY.classes, [0.1, 0.2, None], [1, 2, 3]
    )
    require_fit(profiles, VOCABULARY)
    high, mixed, unheard = profiles.tokens
    # The speaker's median pitch is 100 Hz, and 200 Hz is an octave above it.
    assert (high.pitch_semitones, high.n_occurrences, high.energy_db) == (12, 2, 1.0)
    assert high.shares == {"happiness": 1.0, "sadness": 0.0, "neutral": 0.0}
    assert (mixed.n_occurrences, mixed.pitch_semitones) == (2, 6)
    assert mixed.shares == {"happiness": 0.5, "sadness": 0.5, "neutral": 0.0}
    assert (unheard.n_occurrences, unheard.energy_db, unheard.shares) == (0, None, {})
    assert [each.entry_c for each in profiles.tokens] == [0.1, 0.2, None]


def test_a_token_that_is_mostly_voiceless_has_no_pitch():
    one = clip([3, 3, 3, 0], [0] * 4, [np.nan, np.nan, 200, 100], "happiness")
    (token, *_) = profile_tokens(
        VOCABULARY, [one], VOCABULARY.classes, [None] * 3, [1, 2, 3]
    ).tokens
    assert token.pitch_semitones is None


def test_shares_are_as_if_every_class_had_been_heard_equally_long():
    happy = clip([3, 0, 0, 0], [0] * 4, [100] * 4, "happiness")
    sad = clip([3, 0, 0, 0] * 3, [0] * 12, [100] * 12, "sadness")
    (token, *_) = profile_tokens(
        VOCABULARY, [happy, sad], VOCABULARY.classes, [None] * 3, [1, 2, 3]
    ).tokens
    assert token.n_occurrences == 4
    assert token.shares == {"happiness": 0.5, "sadness": 0.5, "neutral": 0.0}
