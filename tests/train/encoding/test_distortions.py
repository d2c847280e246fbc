from __future__ import annotations

import numpy as np
import pytest
import soundfile
from scipy.signal import welch

from audiotok.audio import SAMPLE_RATE, Samples
from tests.conftest import tone
from train.encoding import distortions as distort
from train.encoding.distortions import DISTORTIONS, augment

CLIPS = {
    "two seconds": tone(2.0),
    "loud": (tone(1.0) / np.abs(tone(1.0)).max()).astype(np.float32),
    "a fifth of a second": tone(0.2),
    "silence": np.zeros(SAMPLE_RATE, dtype=np.float32),
}


def noise(n_samples: int = 2 * SAMPLE_RATE, rms: float = 0.1) -> Samples:
    return (rms * np.random.default_rng(7).standard_normal(n_samples)).astype(np.float32)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def assert_is_clip(samples: Samples) -> None:
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1


def level_db(samples: Samples, low_hz: float, high_hz: float) -> float:
    frequencies, power = welch(samples, SAMPLE_RATE, nperseg=1024)
    inside = (frequencies >= low_hz) & (frequencies < high_hz)
    return float(10 * np.log10(power[inside].mean()))


def delay(heard: Samples, clip: Samples) -> int:
    """Samples by which a clip came late."""
    n = 1_600
    padded = np.pad(heard, n)
    return int(np.correlate(padded, clip, "valid").argmax()) - n


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distorted_clip_is_a_clip_of_the_same_length(name: str, clip: Samples) -> None:
    before = clip.copy()
    heard = DISTORTIONS[name](clip, generator())
    assert_is_clip(heard)
    assert heard.shape == clip.shape
    assert np.array_equal(heard, DISTORTIONS[name](clip, generator()))
    assert np.array_equal(clip, before)


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
def test_an_augmented_clip_is_a_clip(clip: Samples) -> None:
    for seed in range(40):
        heard = augment(clip, generator(seed))
        assert_is_clip(heard)
        assert 2**-0.26 < len(heard) / len(clip) < 2**0.26


def test_augmenting_follows_its_generator() -> None:
    clip = tone(0.5)
    variants = [augment(clip, generator(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(variants[0], variants[1])
    assert not np.array_equal(variants[0], variants[2])


@pytest.mark.parametrize("name", [name for name in DISTORTIONS if name != "telephone"])
def test_time_stays_where_it_was(name: str) -> None:
    clip = noise()
    assert delay(DISTORTIONS[name](clip, generator()), clip) in (0, 1)


@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_noise_is_as_far_below_the_clip_as_its_name_says(snr_db: int) -> None:
    clip = noise()
    added = DISTORTIONS[f"noise {snr_db} dB"](clip, generator()) - clip
    assert 10 * np.log10(np.mean(clip**2) / np.mean(added**2)) == pytest.approx(snr_db, abs=0.05)


def test_coloured_noise_has_unit_power_and_no_more_highs_than_lows() -> None:
    for seed in range(5):
        drawn = distort.coloured_noise(SAMPLE_RATE, generator(seed))
        assert np.mean(drawn**2) == pytest.approx(1.0, rel=1e-3)
        assert level_db(drawn, 4_000, 8_000) < level_db(drawn, 100, 500) + 0.5


@pytest.mark.parametrize(("rt60_s", "drr_db"), [(0.4, 3), (0.5, -3)])
def test_a_room_rings_as_long_and_as_loud_as_asked(rt60_s: float, drr_db: float) -> None:
    response = distort.room_response(generator(), rt60_s, drr_db)
    direct, tail = response[0] ** 2, response[1:] ** 2
    assert 10 * np.log10(direct / tail.sum()) == pytest.approx(drr_db)
    # Schroeder's backward integral, between 5 and 25 dB below its start.
    decay_db = 10 * np.log10(tail[::-1].cumsum()[::-1] / tail.sum())
    n_fallen = int((decay_db > -25).sum() - (decay_db > -5).sum())
    assert 3 * n_fallen / SAMPLE_RATE == pytest.approx(rt60_s, rel=0.1)


def test_a_room_keeps_the_loudness_and_fills_the_pauses() -> None:
    clip = noise()
    clip[SAMPLE_RATE : SAMPLE_RATE + 3_200] = 0
    heard = DISTORTIONS["room"](clip, generator())
    assert np.mean(heard**2) == pytest.approx(np.mean(clip**2), rel=1e-3)
    assert np.abs(heard[SAMPLE_RATE : SAMPLE_RATE + 1_600]).max() > 0.01


def test_distance_dulls_and_reverberates_more_than_a_room() -> None:
    clip = noise()
    near, far = (DISTORTIONS[name](clip, generator()) for name in ("room", "distance"))
    assert np.corrcoef(clip, far)[0, 1] < np.corrcoef(clip, near)[0, 1] - 0.1
    tilt = [level_db(x, 4_000, 8_000) - level_db(x, 200, 1_000) for x in (near, far)]
    assert -10 < tilt[1] - tilt[0] < -3


def test_a_telephone_passes_its_band_alone() -> None:
    heard = DISTORTIONS["telephone"](noise(), generator())
    passed = level_db(heard, 500, 3_000)
    assert level_db(noise(), 500, 3_000) == pytest.approx(passed, abs=1)
    assert level_db(heard, 4_200, 8_000) < passed - 30
    assert level_db(heard, 0, 120) < passed - 20


def test_an_mp3_takes_about_32_kbit_a_second(monkeypatch) -> None:
    clip, sizes, write = noise(20 * SAMPLE_RATE), [], soundfile.write

    def measured(file, *arguments, **named):
        write(file, *arguments, **named)
        sizes.append(len(file.getvalue()))

    monkeypatch.setattr(soundfile, "write", measured)
    heard = DISTORTIONS["MP3 32 kbit/s"](clip, generator())
    kbit_s = sizes[0] * 8 / 20 / 1_000
    assert 28 < kbit_s < 36
    assert 0.8 < np.corrcoef(clip, heard)[0, 1] < 0.999


def test_gain_clips_only_what_passes_full_scale() -> None:
    clip = np.array([0.0, 0.1, -0.1, 0.5, -0.5], dtype=np.float32)
    louder = DISTORTIONS["gain +12 dB"](clip, generator())
    assert louder == pytest.approx([0, 0.398, -0.398, 1, -1], abs=1e-3)
    softer = DISTORTIONS["gain -12 dB"](clip, generator())
    assert softer == pytest.approx(clip * 0.2512, abs=1e-4)


def test_speed_moves_length_and_pitch_together() -> None:
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    clip = (0.5 * np.sin(2 * np.pi * 1_000 * times)).astype(np.float32)
    faster = distort.change_speed(clip, 1.25)
    assert len(faster) == pytest.approx(SAMPLE_RATE / 1.25, abs=1)
    frequencies, power = welch(faster, SAMPLE_RATE, nperseg=4_096)
    assert frequencies[power.argmax()] == pytest.approx(1_250, abs=5)


def test_an_equalizer_does_what_its_gains_say_without_delay() -> None:
    clip = noise()
    gains_db = [0, 0, 0, 6, 6, 0, -6, -6]
    heard = distort.equalize(clip, gains_db)
    assert delay(heard, clip) == 0
    change = [level_db(heard, f, f + 300) - level_db(clip, f, f + 300) for f in (600, 1_900, 6_000)]
    assert change == pytest.approx([6, 0.5, -6], abs=0.7)
