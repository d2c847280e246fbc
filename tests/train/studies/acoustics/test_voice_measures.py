"""What is measured of voices whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import chirp

from audiotok.audio import SAMPLE_RATE
from tests.sounds import noise, spoken
from tests.train.studies.acoustics.voices import (
    clear,
    glottal_flow,
    noisy,
    pulses,
    resonated,
    scaled,
)
from train.studies.acoustics.glottal_flow import amplitude_quotients, h1_h2_db
from train.studies.acoustics.periodicity import (
    cepstral_prominence_db,
    harmonicity_db,
    jitter_and_shimmer,
)
from train.studies.acoustics.spectrum import formant_spread_hz
from train.studies.acoustics.voice import Voice
from train.studies.acoustics.voice_measures import MEASURES, measure_clip


@pytest.mark.parametrize("ratio_db", [5, 10, 20])
@pytest.mark.parametrize("hz", [110.0, 330.0])
def test_harmonicity_is_the_ratio_of_voice_to_noise(hz: float, ratio_db: float) -> None:
    voice = Voice.of(noisy(clear(hz), ratio_db))
    assert np.median(harmonicity_db(voice)) == pytest.approx(ratio_db, abs=1.5)


def test_the_cepstral_peak_stands_out_less_in_noise() -> None:
    found = [
        np.median(cepstral_prominence_db(Voice.of(noisy(glottal_flow(150, 0.15), ratio))))
        for ratio in (30, 15, 6)
    ]
    assert found[0] > found[1] + 1 > found[2] + 2


def test_jitter_and_shimmer_are_the_changes_from_period_to_period() -> None:
    rng = np.random.default_rng(0)
    steady = jitter_and_shimmer(Voice.of(pulses(np.full(150, 107.3), np.ones(150))))
    assert max(steady) < 0.005
    periods, heights = 107 + rng.uniform(-2, 2, 150), rng.uniform(0.85, 1.15, 150)
    jitter, shimmer = jitter_and_shimmer(Voice.of(pulses(periods, heights)))
    assert jitter == pytest.approx(np.abs(np.diff(periods)).mean() / periods.mean(), rel=0.25)
    assert shimmer == pytest.approx(np.abs(np.diff(heights)).mean() / heights.mean(), rel=0.25)


def test_the_first_harmonic_is_compared_with_the_second() -> None:
    voice = Voice.of(scaled(clear(180, amplitudes=(1.0, 0.25, 0.2, 0.1))))
    assert np.median(h1_h2_db(voice)) == pytest.approx(20 * np.log10(4), abs=0.5)


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("hz", [120.0, 200.0])
def test_the_quotient_is_near_that_of_the_flow_behind_the_tract(hz: float, polarity: int) -> None:
    """The derivative goes through the tract, since lips radiate it; order counts, not size."""
    found = []
    for closing in (0.12, 0.2, 0.3):
        flow = glottal_flow(hz, closing)
        derivative = np.diff(flow, prepend=0)
        own = np.ptp(flow) / (-derivative.min() * SAMPLE_RATE / hz)
        voice = Voice.of((polarity * resonated(derivative)).astype(np.float32))
        found.append(float(np.median(amplitude_quotients(voice))))
        assert found[-1] == pytest.approx(own, rel=0.5)
    assert found == sorted(found)


@pytest.mark.parametrize("formants_hz", [(500, 1500, 2500, 3500), (600, 1500, 2400, 3300)])
def test_formant_spread_is_the_mean_distance_of_formants(formants_hz) -> None:
    source = np.diff(glottal_flow(110, 0.1), prepend=0) + 1e-4 * noise(1.0, 0)
    found = np.nanmedian(formant_spread_hz(Voice.of(resonated(source, formants_hz))))
    assert found == pytest.approx((formants_hz[-1] - formants_hz[0]) / 3, rel=0.06)


def test_a_clip_is_told_by_all_measures() -> None:
    low = measure_clip(spoken(3.0, 130.0))
    assert list(low) == list(MEASURES)
    assert np.isfinite(list(low.values())).all()
    assert low["rate"] == pytest.approx(4.2, abs=0.6)
    loud = measure_clip(np.clip(3 * spoken(3.0, 130.0), -1, 1) / 3)
    louder = measure_clip(0.1 * spoken(3.0, 130.0))
    assert low["intensity"] - louder["intensity"] == pytest.approx(20, abs=0.1)
    assert loud["pitch"] == pytest.approx(low["pitch"], abs=0.3)
    assert louder["harmonicity"] == pytest.approx(low["harmonicity"], abs=0.1)


def test_pitch_slope_range_and_brightness() -> None:
    at = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    rising = sum(chirp(at, k * 120, 2, k * 240, "logarithmic") / k**1.5 for k in range(1, 9))
    found = measure_clip(scaled(rising))
    assert found["pitch_slope"] == pytest.approx(6.0, abs=0.3)
    assert found["pitch_range"] == pytest.approx(0.8 * 12, abs=0.6)
    dark = measure_clip(scaled(clear(150, 1.0, tuple(k**-2.0 for k in range(1, 20)))))
    bright = measure_clip(scaled(clear(150, 1.0, tuple(k**-0.5 for k in range(1, 20)))))
    assert all(bright[name] > dark[name] for name in ("centroid", "tilt", "roll_off"))


def test_of_a_clip_without_voice_nothing_is_measured() -> None:
    assert np.isnan(list(measure_clip(np.zeros(8_000, np.float32)).values())).all()
    assert np.isnan(measure_clip(scaled(noise(1.0, 0)))["pitch"])
