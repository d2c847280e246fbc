from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from audiotok import speech_encoder
from audiotok.analysis.ablation import WHISPER, ablation, parts_heard
from audiotok.analysis.contributions import contributions
from audiotok.audio import SAMPLE_RATE
from audiotok.bundle import Bundle
from audiotok.calibration import Calibration
from audiotok.classifier import Classifier
from audiotok.encoder_probe import EncoderProbe
from audiotok.errors import BundleError
from audiotok.speech_encoder import FINGERPRINT, WhisperEncoder, packaged_encoder
from audiotok.whisper_files import packaged_whisper
from tests.conftest import LABELS, tone
from tests.sounds import spoken

STATES = np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 2.0]])
PROBE = EncoderProbe(
    weights=np.array([[1.0, 0.0], [0.0, -1.0]]),
    centre=np.array([1.0, 0.0]),
    bias=np.array([0.5, 0.0]),
)


def probed(bundle: Bundle, weight: float = 2.0) -> Bundle:
    """A bundle whose probe has some weights of everything that Whisper's encoder says."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.2, (len(LABELS), packaged_encoder().dimension))
    probe = EncoderProbe(weights, np.zeros(weights.shape[1]), np.zeros(len(LABELS)))
    update = {
        "calibration": {"text_audio": Calibration(encoder_probe=weight)},
        "speech_encoder_fingerprint": FINGERPRINT,
    }
    config = bundle.config.model_copy(update=update)
    return replace(bundle, config=config, encoder_probe=probe)


def test_a_clip_is_the_mean_of_its_frames() -> None:
    frames = PROBE.frame_logits(STATES, 3)
    np.testing.assert_allclose(frames, [[0, 2, 4], [0, 0, -2]])
    np.testing.assert_allclose(PROBE.judge([frames]), [2.5, -2 / 3])
    np.testing.assert_allclose(PROBE.judge([frames[:, 1:]]), [3.5, -1])


def test_variants_are_averaged_and_one_without_frames_says_nothing() -> None:
    frames = PROBE.frame_logits(STATES, 3)
    np.testing.assert_allclose(PROBE.judge([frames[:, :1], frames[:, 2:]]), [2.5, -1])
    np.testing.assert_allclose(PROBE.judge([frames[:, :0], frames[:, 2:]]), [4.5, -2])
    np.testing.assert_allclose(PROBE.judge([frames[:, :0]]), PROBE.bias)


def test_the_last_state_lasts_where_the_codec_has_more_frames() -> None:
    np.testing.assert_allclose(PROBE.frame_logits(STATES, 5)[0], [0, 2, 4, 4, 4])
    assert PROBE.frame_logits(STATES, 2).shape == (2, 2)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BundleError, match="do not fit 2 labels and states of 3 numbers"):
        replace(PROBE, centre=np.zeros(3))


def test_whispers_encoder_hears_fifty_states_a_second_of_any_length() -> None:
    encoder = packaged_encoder()
    assert packaged_encoder() is encoder
    assert encoder(tone(0.02)).shape[1] == encoder.dimension == 384
    assert len(encoder(spoken(1.0))) == pytest.approx(50, abs=1)
    long = np.concatenate([spoken(2.0), np.zeros(28 * SAMPLE_RATE + 10, np.float32)])
    assert len(encoder(long)) == pytest.approx(1500, abs=2)
    np.testing.assert_allclose(encoder(spoken(1.0)), encoder(spoken(1.0)))


def test_a_missing_or_broken_whisper_is_a_sentence(monkeypatch, tmp_path) -> None:
    with pytest.raises(BundleError, match="cannot be loaded"):
        WhisperEncoder(tmp_path)
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(BundleError, match="needs faster-whisper"):
        WhisperEncoder(packaged_whisper())


def test_a_saved_probe_predicts_as_before(bundle, codec, tmp_path) -> None:
    clip = (SAMPLE_RATE, spoken(1.0))
    heard = Classifier.load(probed(bundle), codec).predict(clip, "good news")
    without = Classifier.load(bundle, codec).predict(clip, "good news")
    assert np.abs(heard.text_audio.mean - without.text_audio.mean).max() > 0.02
    probed(bundle).save_pretrained(tmp_path / "bundle")
    again = Bundle.from_pretrained(tmp_path / "bundle")
    np.testing.assert_allclose(again.encoder_probe.weights, probed(bundle).encoder_probe.weights)
    repeated = Classifier.load(again, codec).predict(clip, "good news")
    np.testing.assert_allclose(repeated.text_audio.mean, heard.text_audio.mean, atol=5e-3)
    bundle.save_pretrained(tmp_path / "bundle")
    assert Bundle.from_pretrained(tmp_path / "bundle").encoder_probe is None


def test_what_the_probe_tells_adds_up_and_can_be_left_out(bundle, codec) -> None:
    classifier = Classifier.load(probed(bundle), codec)
    prediction = classifier.predict((SAMPLE_RATE, spoken(1.0)), "good news")
    assert prediction.frame_logits.shape == (len(LABELS), prediction.n_frames)
    found = contributions(prediction)
    np.testing.assert_allclose(1 / (1 + np.exp(-found.log_odds)), found.probabilities)
    assert np.abs(found.parts["encoder_probe"]).max() > 0
    left_out = ablation(classifier, prediction, all_seeds=True)
    names = [name for name, _ in left_out.parts]
    assert names == parts_heard(prediction)
    assert WHISPER in names
    silent = replace(prediction, frame_logits=np.zeros_like(prediction.frame_logits))
    (said,) = classifier.probabilities(
        [classifier.encodings("good news", silent.hearings, (), silent.frame_logits)],
        ("text_audio",),
    )["text_audio"].mean(axis=0)
    np.testing.assert_allclose(left_out.encoder, prediction.text_audio.mean - said, atol=1e-6)


def test_bundle_and_speech_encoder_must_fit(bundle, codec, tmp_path) -> None:
    with pytest.raises(BundleError, match="lacks its file 'encoder_probe"):
        replace(probed(bundle), encoder_probe=None)
    with pytest.raises(BundleError, match="names its speech encoder"):
        replace(bundle, encoder_probe=probed(bundle).encoder_probe)
    with pytest.raises(BundleError, match="one function for each label"):
        replace(probed(bundle), encoder_probe=PROBE if len(LABELS) != 2 else _of_three(PROBE))
    other = probed(bundle)
    changed = {"speech_encoder_fingerprint": "0" * 16}
    other = replace(other, config=other.config.model_copy(update=changed))
    with pytest.raises(BundleError, match="another speech encoder"):
        Classifier.load(other, codec)
    classifier = Classifier.load(probed(bundle), codec)
    prediction = classifier.predict((SAMPLE_RATE, spoken(1.0)), "good news")
    with pytest.raises(BundleError, match="not heard by the bundle's speech encoder"):
        utterance = classifier.encodings("good news", prediction.hearings)
        classifier.probabilities([utterance], ("text_audio",))


def _of_three(probe: EncoderProbe) -> EncoderProbe:
    return EncoderProbe(np.zeros((3, 2)), probe.centre, np.zeros(3))


def test_a_hostile_probe_is_refused(bundle, tmp_path) -> None:
    folder = tmp_path / "bundle"
    probed(bundle).save_pretrained(folder)
    path = folder / "encoder_probe.safetensors"
    state = load_file(path)
    for broken in ({"weights": state["weights"]}, state | {"bias": state["bias"][None]}):
        save_file(broken, path)
        with pytest.raises(BundleError, match="must hold tensors called weights, centre, bias"):
            Bundle.from_pretrained(folder)
    path.write_bytes(b"no tensors")
    with pytest.raises(BundleError, match="cannot be read"):
        Bundle.from_pretrained(folder)


def test_the_encoder_is_loaded_only_where_a_probe_reads_it(bundle, codec, monkeypatch) -> None:
    monkeypatch.setattr(speech_encoder, "packaged_whisper", lambda: pytest.fail("loaded"))
    speech_encoder.packaged_encoder.cache_clear()
    assert Classifier.load(bundle, codec).speech_encoder is None
