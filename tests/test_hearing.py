"""A clip is decoded again from some of its tokens."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from audiotok.__main__ import main
from audiotok.analysis.hearing import hearing_record, kept_tokens, resynthesise
from audiotok.audio import SAMPLE_RATE
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError, BundleError
from tests.fake_classifier import FakeClassifier, make_prediction
from tests.sounds import spoken
from tests.talkative import classifier_of


@pytest.fixture(scope="module")
def classifier(codec) -> Classifier:
    return classifier_of("tiny/bert", codec)


def test_any_set_of_tokens_can_be_decoded(codec) -> None:
    codes = codec.encode(spoken(0.4))
    kept = np.zeros(codes.shape, dtype=bool)
    kept[[0, 3]] = True
    np.testing.assert_allclose(
        codec.decode(codes, kept=kept), codec.decode(codes, layers=[1, 4]), atol=1e-6
    )
    everything = np.ones(codes.shape, dtype=bool)
    np.testing.assert_allclose(codec.decode(codes, kept=everything), codec.decode(codes), atol=1e-6)
    everything[2, 5:] = False
    assert np.abs(codec.decode(codes, kept=everything) - codec.decode(codes)).max() > 1e-6
    with pytest.raises(BundleError, match="Decoding needs codes of all"):
        codec.decode(codes, kept=kept[:, 1:])


def test_choices_of_tokens() -> None:
    prediction = make_prediction()
    selected = kept_tokens(prediction, "selected")
    assert selected.sum() == prediction.n_selected
    assert all(selected[each.layer - 1, each.frame] for each in prediction.selected)
    np.testing.assert_array_equal(kept_tokens(prediction, "without-selected"), ~selected)
    rows = kept_tokens(prediction, " 1, 3-5 ").all(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(rows) + 1, [1, 3, 4, 5])
    assert kept_tokens(prediction, "").all()


def test_a_token_that_lasts_is_heard_as_long() -> None:
    prediction = make_prediction()
    lasting = replace(prediction.selected[0], n_frames=3)
    kept = kept_tokens(replace(prediction, selected=(lasting,)), "selected")
    assert kept.sum() == 3
    assert kept[lasting.layer - 1, lasting.frame : lasting.frame + 3].all()


def test_the_level_of_a_long_clip_is_taken_from_where_it_is_loudest(classifier) -> None:
    quiet, loud = 0.001 * spoken(8.0), 0.2 * spoken(6.0)
    prediction = classifier.predict((SAMPLE_RATE, np.concatenate([quiet, loud, quiet])), "")
    heard, clip = resynthesise(classifier, prediction).samples, prediction.recording.samples
    part = slice(8 * SAMPLE_RATE, 14 * SAMPLE_RATE)
    assert heard.shape == clip.shape
    assert np.std(heard[part]) == pytest.approx(np.std(clip[part]), rel=0.3)


def test_all_tokens_are_as_loud_and_as_long_as_the_clip(classifier) -> None:
    prediction = classifier.predict((SAMPLE_RATE, 0.05 * spoken(0.777)), "")
    heard = resynthesise(classifier, prediction)
    clip = prediction.recording.samples
    assert heard.samples.shape == clip.shape
    assert np.std(heard.samples) == pytest.approx(np.std(clip), rel=0.05)
    # The gain is that of all tokens, so that fewer tokens can be compared with them.
    some = resynthesise(classifier, prediction, "2-3")
    gain = np.std(heard.samples) / np.std(classifier.codec.decode(prediction.codes))
    expected = gain * classifier.codec.decode(prediction.codes, layers=[2, 3])[: len(clip)]
    np.testing.assert_allclose(some.samples, expected, rtol=0.05, atol=1e-5)
    assert some.sentence.startswith("Heard: layers 2-3, ")


def test_nothing_is_louder_than_full_scale() -> None:
    loud = make_prediction()
    recording = replace(loud.recording, samples=np.sign(loud.recording.samples))
    heard = resynthesise(FakeClassifier(), replace(loud, recording=recording), "all")
    assert np.abs(heard.samples).max() <= 1


def test_the_record_holds_a_wav() -> None:
    prediction = make_prediction()
    record = hearing_record(resynthesise(FakeClassifier(), prediction, "selected"))
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(record["wav_base64"])))
    assert (len(samples), rate) == (len(prediction.recording.samples), SAMPLE_RATE)
    assert record["n_kept"] == prediction.n_selected


@pytest.mark.parametrize("which", ["9", "0", "3-2", "1-", "x", "1,,2", "²", "1" * 500, "1-99999"])
def test_what_is_no_choice_is_one_sentence(which) -> None:
    with pytest.raises(AudiotokError, match="nothing to listen to: choose all") as refused:
        kept_tokens(make_prediction(), which)
    assert len(str(refused.value)) < 250


def test_a_clip_without_selected_tokens_says_so() -> None:
    with pytest.raises(AudiotokError, match="nothing to hear of them"):
        resynthesise(FakeClassifier(), replace(make_prediction(), selected=()), "selected")


def test_resynthesise_on_the_command_line(monkeypatch, clip, tmp_path, capsys) -> None:
    monkeypatch.setattr("audiotok.classifier.load", lambda *_, **__: FakeClassifier())
    out = tmp_path / "x.wav"
    command = ["resynthesise", str(clip), "--out", str(out)]
    assert main([*command, "--layers", "2-8"]) == 0
    assert "Heard: layers 2-8, 420 of 480 tokens." in capsys.readouterr().out
    layers, rate = soundfile.read(out)
    assert (len(layers), rate) == (1.2 * SAMPLE_RATE, SAMPLE_RATE)
    assert main([*command, "--selected"]) == 2
    assert "--overwrite replaces it" in capsys.readouterr().err
    assert main([*command, "--without-selected", "--overwrite"]) == 0
    without, _ = soundfile.read(out)
    assert main([*command, "--selected", "--overwrite"]) == 0
    selected, _ = soundfile.read(out)
    assert np.std(selected) < np.std(without)
    assert main([*command, "--layers", "9", "--overwrite"]) == 2
    assert "layers 1 to 8" in capsys.readouterr().err
    assert main(["resynthesise", str(clip), "--out", str(tmp_path / "none" / "x.wav")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--selected", "--layers", "1"])
