from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotok import backbone
from audiotok.errors import DataError
from audiotok.sequence import SequenceBuilder
from audiotok.vocabulary import AudioVocabulary, Occurrence
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.method.training_examples import (
    NOTHING_HEARD,
    Example,
    Labelled,
    View,
    check_labels,
    pairs,
    soft_target_of,
    target_of,
    text_examples,
    voice_examples,
)
from train.settings.corpora import CorpusConfig
from train.settings.steps import TrainingExamplesConfig
from train.settings.task import RunConfig

HEARD = View((Occurrence(0, 1, 5, 0),))
RELATIVE = View((Occurrence(0, 1, 6, 1),), relative=True)


def config(multi_label: bool = True, **training_examples: float) -> RunConfig:
    return RunConfig(
        task="t",
        labels=("sad", "glad"),
        multi_label=multi_label,
        label_map={"happy": "glad"},
        neutral_labels=("neutral", "calm"),
        data_dir=Path(),
        work=Path(),
        out=Path(),
        corpora=[],
        training_examples=TrainingExamplesConfig(**training_examples),
    )


def record(*labels: str, audio: bool = True, text: str = "words") -> Record:
    return Record("id", (Part(Path("a.wav")),) if audio else (), text, labels, "s", "train", "c")


def item(target: tuple[int, int], audio: bool, text: str = "words") -> Labelled:
    kind = record(audio=audio, text=text)
    return Labelled(kind, np.array(target), (HEARD,) if audio else (), audio)


@pytest.mark.parametrize(
    ("labels", "multi", "single"),
    [
        (("happy",), [0, 1], [0, 1]),
        (("calm",), [0, 0], [0, 0]),
        (("surprise",), None, None),
        (("sad", "happy"), [1, 1], None),
        (("neutral", "sad"), [1, 0], [1, 0]),
        ((), [0, 0], [0, 0]),
    ],
)
def test_labels_are_translated(labels, multi, single) -> None:
    for expected, multi_label in ((multi, True), (single, False)):
        target = target_of(record(*labels), config(multi_label))
        assert (None if target is None else target.tolist()) == expected


def test_pairs_never_contradict_each_other() -> None:
    texts = [item(t, audio=False) for t in [(1, 0), (0, 1), (0, 0)] * 30]
    clips = [item(t, audio=True) for t in [(1, 0), (0, 1), (0, 0)] * 5]
    made = pairs(texts, clips, 90, np.random.default_rng(0))
    targets = [tuple(example.target) for example in made]
    assert len(made) == 90
    assert all(example.is_pair for example in made)
    assert (1, 1) not in targets
    assert {(1, 0), (0, 1), (0, 0)} == set(targets)


def test_a_neutral_sentence_stays_neutral_for_the_twin_that_only_reads() -> None:
    items = [item((1, 0), audio=True), item((0, 1), audio=False)]
    read = text_examples(items, config(n_texts=5), seed=1)
    heard = voice_examples(items, config(voice_only_share=1.0), seed=1)
    assert sorted(tuple(e.target) for e in read) == [(0, 0), (0, 1)]
    assert {e.view for e in read} == {NOTHING_HEARD}
    assert [(e.text, tuple(e.target)) for e in heard] == [("words", (1, 0)), ("", (1, 0))]


def test_tasks_of_exclusive_labels_learn_what_neutral_is_too() -> None:
    items = [item((0, 0), audio=True), item((0, 0), audio=False), item((0, 1), audio=False)]
    read = text_examples(items, config(multi_label=False, n_texts=2), seed=1)
    heard = voice_examples(items, config(multi_label=False, n_pairs=2, voice_only_share=0), seed=1)
    assert sorted(tuple(e.target) for e in read) == [(0, 0), (0, 0), (0, 1)]
    # The neutral clip itself, and as the carrier of either text.
    assert sorted(tuple(e.target) for e in heard) == [(0, 0), (0, 0), (0, 1)]


def test_every_view_of_a_clip_is_an_example_and_only_training_thins_it() -> None:
    many = View(tuple(Occurrence(frame, 1, 5, 0) for frame in range(100)))
    clip = Labelled(record(), np.array((1, 0)), (many, RELATIVE), True)
    settings = config(voice_only_share=0.0, min_token_keep_share=0.5)
    whole = voice_examples([clip], settings, seed=1)
    assert [example.view for example in whole] == [many, RELATIVE]
    assert not any(example.is_pair for example in whole)
    thinned = voice_examples([clip], settings, seed=1, thin=True)[0].view
    assert 30 < len(thinned.selected) < 100
    assert set(thinned.selected) < set(many.selected)
    assert not thinned.relative


def test_a_clip_with_a_reference_is_judged_alone_too(backbones) -> None:
    vocabulary = AudioVocabulary(("glad",), (1,), ((1, 5), (1, 6)), np.ones((2, 1)))
    builder = SequenceBuilder(backbone.load_tokenizer("tiny/bert"), vocabulary, 100, 64)
    beside = Example("kids", replace(RELATIVE, beside=(HEARD,)), np.array((1, 0)))
    names = [[token.name for token in each.sequence.tokens] for each in beside.encodings(builder)]
    assert ["reference" in of_hearing for of_hearing in names] == [True, False]
    assert names[0] == [t.name for t in beside.sequence(builder).tokens]  # what is learned from


def test_every_label_is_known_and_stands_in_every_split() -> None:
    own, published = (CorpusConfig(reader=r, root=Path()) for r in ("folder", "nemo"))
    settings = config()
    both = [record("sad"), record("happy")]
    whole = [(own, replace(r, split=s)) for s in ("train", "validation", "test") for r in both]
    check_labels(whole, settings)
    check_labels([*whole, (published, record("surprise"))], settings)
    mistyped = [*whole, (own, record("glda"))]
    with pytest.raises(DataError, match="'id' of c has the label 'glda', which the task 't'"):
        check_labels(mistyped, settings)
    check_labels(mistyped, settings.model_copy(update={"left_out_labels": ("glda",)}))
    with pytest.raises(DataError, match="No validation example of the task 't' is 'glad'"):
        check_labels(whole[:3] + whole[4:], settings)
    allowing = settings.model_copy(update={"untested_labels": ("glad",)})
    check_labels(whole[:3] + whole[4:], allowing)
    with pytest.raises(DataError, match="No train example"):
        check_labels(whole[2:], allowing)


def test_what_listeners_heard_is_learned_in_shares() -> None:
    shares = (("sad", 0.2), ("happy", 0.6), ("neutral", 0.2))
    heard = replace(record("happy"), shares=shares)
    np.testing.assert_allclose(soft_target_of(heard, config()), [0.2, 0.6])
    np.testing.assert_allclose(soft_target_of(heard, config(multi_label=False)), [0.25, 0.75])
    assert soft_target_of(record("happy"), config()) is None
    glad = replace(item((0, 1), True), soft_target=np.array([0.2, 0.6]))
    (example,) = voice_examples([glad], config(voice_only_share=0), seed=1)
    assert example.target.tolist() == [0, 1]
    assert example.learned.tolist() == [0.2, 0.6]


def test_a_clip_tells_nothing_of_a_label_that_its_corpus_lacks() -> None:
    few = replace(item((0, 1), True), known=np.array([False, True]))
    sad = item((1, 0), audio=False)
    (heard,) = voice_examples([few], config(voice_only_share=0), seed=1)
    np.testing.assert_array_equal(heard.learned, [np.nan, 1])
    (read,) = text_examples([few], config(), seed=1)
    np.testing.assert_array_equal(read.learned, [0, 0])  # of a sentence that carries no label
    neutral = replace(few, target=np.array((0, 0)))
    (pair,) = pairs([sad], [neutral], 1, np.random.default_rng(0))
    np.testing.assert_array_equal(pair.learned, [1, 0])  # what the text says is known


def test_some_labelled_clips_tell_that_what_their_corpus_never_names_is_absent() -> None:
    few = replace(item((0, 1), True), known=np.array([False, True]))
    neutral = replace(few, target=np.array((0, 0)))
    asked = config(voice_only_share=0, n_clips=2000, n_pairs=0)
    asked = asked.model_copy(update={"unnamed_label_weight": 0.3})
    drawn = voice_examples([few] * 1000 + [neutral] * 1000, asked, seed=1, thin=True)
    told = [not np.isnan(e.learned[0]) for e in drawn if e.target.any()]
    assert np.mean(told) == pytest.approx(0.3, abs=0.05)
    assert all(np.isnan(e.learned[0]) for e in drawn if not e.target.any())
    unchanged = voice_examples([few] * 100, asked, seed=1)  # what is scored
    assert all(np.isnan(e.learned[0]) for e in unchanged)


def test_a_drawn_number_of_clips_is_balanced_over_labels() -> None:
    items = [item((0, 0), True) for _ in range(900)] + [item((0, 1), True) for _ in range(100)]
    drawn = voice_examples(items, config(n_clips=150, voice_only_share=0), seed=3, thin=True)
    assert len(drawn) == 150
    assert 50 < sum(e.target.any() for e in drawn) < 90
    everything = voice_examples(items, config(n_clips=150, voice_only_share=0), seed=3)
    assert len(everything) == 1000


@pytest.mark.parametrize(("corpus_balance", "least", "most"), [(0.0, 0, 20), (1.0, 35, 65)])
def test_corpora_are_drawn_more_alike_than_they_are_large(
    corpus_balance: float, least: int, most: int
) -> None:
    small = item((0, 1), True, "of the small one")
    small = replace(small, record=replace(small.record, corpus="small"), views=(RELATIVE,))
    items = [item((0, 1), True)] * 900 + [small] * 100
    settings = config(n_clips=100, voice_only_share=0)
    settings = settings.model_copy(update={"corpus_balance": corpus_balance})
    drawn = voice_examples(items, settings, seed=3, thin=True)
    texts = [item((0, 1), audio=False)] * 100
    paired = pairs(texts, items, 100, np.random.default_rng(0), corpus_balance)
    assert least <= sum(e.text == "of the small one" for e in drawn) <= most
    assert least <= sum(e.view is RELATIVE for e in paired) <= most
