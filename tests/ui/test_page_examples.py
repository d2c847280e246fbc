"""The example clips that the page offers."""

from __future__ import annotations

from audiotok.audio import read_audio
from audiotok.ui.examples import load_examples


def test_the_shipped_examples_can_be_analysed():
    examples = load_examples()
    assert len(examples) >= 8
    for example in examples:
        assert 0.5 < read_audio(example.path).duration_s < 15
        assert example.text
        assert example.note


def test_one_sentence_comes_in_several_moods():
    examples = load_examples()
    moods = {example.mood for example in examples if example.text == examples[0].text}
    assert {"neutral", "happiness", "sadness", "anger"} <= moods


def test_names_tell_the_examples_of_a_sentence_apart():
    named = [(example.text, example.name) for example in load_examples()]
    assert len(set(named)) == len(named)


def test_a_folder_without_examples_offers_none(tmp_path):
    assert load_examples(tmp_path) == []
