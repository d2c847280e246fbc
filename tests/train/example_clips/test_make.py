"""The example clips: as listed, as their recipes say, and made again by the script."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np
import pytest
import soundfile

from audiotok.assets import EXAMPLES
from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.errors import DataError
from train.example_clips import flite
from train.example_clips.flite import speak
from train.example_clips.make import make_clip
from train.example_clips.recipes import CAST, SPEAKERS, recipes

LISTING = json.loads((EXAMPLES / "examples.json").read_text(encoding="utf-8"))


def test_the_listing_names_every_clip_and_says_what_the_recipes_say() -> None:
    assert {item["file"] for item in LISTING} == {path.name for path in EXAMPLES.glob("*.flac")}
    told = [{key: value for key, value in item.items() if key != "words"} for item in LISTING]
    assert [recipe.entry for recipe in recipes()] == told


@pytest.mark.parametrize("item", LISTING, ids=lambda item: item["file"])
def test_the_listing_says_when_each_word_is_said(item: dict[str, Any]) -> None:
    words = [word for word, _, _ in item["words"]]
    times = [time for _, *span in item["words"] for time in span]
    assert " ".join(words) == item["text"]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= read_audio(EXAMPLES / item["file"]).duration_s


def test_the_same_words_come_in_several_moods_and_flat_voices_say_emotional_words() -> None:
    moods: dict[str, set[str]] = {}
    for item in LISTING:
        moods.setdefault(item["text"], set()).add(item["mood"])

    for text in CAST:
        assert {"neutral", "happiness", "sadness", "anger", "fear"} <= moods[text]
    assert "flat" in moods["I am so happy for you!"]


@pytest.mark.parametrize("item", LISTING, ids=lambda item: item["file"])
def test_each_clip_can_be_analysed_without_a_remark(item: dict[str, str]) -> None:
    path = EXAMPLES / item["file"]

    recording = read_audio(path)

    assert soundfile.info(path).samplerate == SAMPLE_RATE
    assert 1 <= recording.duration_s <= 5
    assert recording.notes == ()


def test_the_clips_are_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 3_000_000


def test_without_flite_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)

    with pytest.raises(DataError, match="apt-get install flite"):
        speak("Hello.", "slt")


def test_the_script_makes_a_clip_again() -> None:
    pytest.importorskip("pyworld")
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed")
    recipe = next(recipe for recipe in recipes() if recipe.mood == "sadness")
    shipped, _ = soundfile.read(EXAMPLES / recipe.file, dtype="float32")

    made, words = make_clip(recipe)

    assert len(made) == len(shipped)
    assert np.corrcoef(made, shipped)[0, 1] > 0.99
    (listed,) = [item["words"] for item in LISTING if item["file"] == recipe.file]
    assert [[word.text, word.start_s, word.end_s] for word in words] == listed


def test_words_end_where_their_sounds_do(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "Hi there": "pau:0.1 hh:0.2 ay:0.4 pau:0.5 dh:0.6 eh:0.7 r:0.9 pau:1.0",
        "Hi": "pau hh ay pau",
        "there": "pau dh eh r pau",
    }
    monkeypatch.setattr(flite, "_flite", lambda voice, *options: said[options[-1]])
    words = flite.words_of_speech("Hi there", "slt")
    assert [(w.text, w.start_s, w.end_s) for w in words] == [("Hi", 0.1, 0.4), ("there", 0.5, 0.9)]
    said["there"] = "pau dh r pau"
    with pytest.raises(DataError, match="other sounds"):
        flite.words_of_speech("Hi there", "slt")


def test_every_recipe_has_a_speaker_and_says_how_many_heard_it() -> None:
    for recipe in recipes():
        assert recipe.voice in SPEAKERS
        if recipe.prosody:
            heard, listeners = (int(word) for word in recipe.note.split() if word.isdigit())
            assert heard / listeners >= 0.8
