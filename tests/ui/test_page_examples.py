"""The example clips that the page offers."""

from __future__ import annotations

from dataclasses import replace

from audiotok.audio import read_audio
from audiotok.ui.examples import load_examples, names


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
    examples = load_examples()
    for text in {example.text for example in examples}:
        named = names(example for example in examples if example.text == text)
        assert len(set(named)) == len(named)
    once, twice = names(examples[:1]), names([examples[0], replace(examples[0], voice="boy")])
    assert once == ["neutral"]
    assert twice == ["neutral, man", "neutral, boy"]


def test_every_word_of_an_example_has_its_time():
    for example in load_examples():
        assert " ".join(word.text for word in example.words) == example.text
        edges = [time for word in example.words for time in (word.start_s, word.end_s)]
        assert edges == sorted(edges)
        assert edges[-1] <= read_audio(example.path).duration_s


def test_a_folder_without_examples_offers_none(tmp_path):
    assert load_examples(tmp_path) == []
