"""The experiment's rules: the deck, what is heard, counts, the sentence at the end, the table."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from audiotok.calibration import DecisionRule
from audiotok.experiment.closing import closing_sentence
from audiotok.experiment.deck import deal
from audiotok.experiment.hearing import forced_choice, neutral_sentences
from audiotok.experiment.table import rounds_csv
from audiotok.experiment.tally import Accuracy, tally
from audiotok.experiment.texts import ENGLISH, sentences_for, texts_for, with_little_read
from audiotok.language import LANGUAGES
from audiotok.spanish import looks_spanish
from tests.experiment.made_up import MOODS, SENTENCE, a_round
from tests.fake_classifier import FakeClassifier, make_scores


def test_each_mood_is_dealt_once_before_any_comes_again():
    for seed in range(20):
        dealt = deal(MOODS, 15, seed)
        assert sorted(dealt[:6]) == sorted(dealt[6:12]) == sorted(MOODS)
        assert len(set(dealt[12:])) == 3


def test_a_seed_deals_the_same_deck_and_others_another():
    assert deal(MOODS, 12, 5) == deal(MOODS, 12, 5)
    assert len({deal(MOODS, 6, seed) for seed in range(30)}) > 20


def test_a_judge_with_one_answer_is_as_good_as_chance():
    found = tally([a_round(mood) for mood in deal(MOODS, 12, 1)], MOODS)
    assert found.accuracy["words"].share == pytest.approx(found.chance) == pytest.approx(1 / 6)
    assert found.accuracy["voice"].share == 1


def test_a_forced_choice_is_the_verdict_or_else_the_most_probable_label():
    rule = DecisionRule(("joy", "grief"), (0.9, 0.3))
    assert forced_choice(make_scores(rule, (0.8, 0.4))) == "grief"  # joy misses its threshold
    assert forced_choice(make_scores(rule, (0.25, 0.1))) == "joy"


def test_only_sentences_that_say_nothing_are_offered():
    offered = neutral_sentences(("Dinner is at seven.", "I am so happy!"), FakeClassifier())
    assert offered == ("Dinner is at seven.",)


def test_confusion_counts_answers_by_what_was_meant():
    rounds = [a_round("anger", "fear"), a_round("anger", "fear"), a_round("fear", "anger")]
    found = tally([*rounds, a_round("fear")], MOODS)
    people = found.confusion["people"]
    assert (people[2, 3], people[3, 2], people.sum()) == (2, 1, 3)  # nobody guessed the last
    assert found.accuracy["people"] == Accuracy(0, 3)
    np.testing.assert_array_equal(np.diag(found.confusion["voice"]), [0, 0, 2, 2, 0, 0])


def test_accuracy_is_split_by_sentence_and_by_mood():
    rounds = [a_round("fear", "fear"), a_round("fear", "anger", sentence="The bag.")]
    found = tally(rounds, MOODS)
    assert found.by_sentence["The bag."]["people"] == Accuracy(0, 1)
    assert found.by_mood["fear"]["people"] == Accuracy(1, 2)
    assert set(found.by_mood) == {"fear"}


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # From the formula of Wilson (1927) with z = 1.96, by hand.
    [(3, 6, 0.188, 0.812), (0, 6, 0.0, 0.390), (60, 120, 0.412, 0.588)],
)
def test_the_interval_is_wilsons(right: int, n: int, low: float, high: float):
    assert Accuracy(right, n).interval == pytest.approx((low, high), abs=5e-4)


def test_nothing_judged_is_nothing_known():
    assert Accuracy(0, 0).interval == (0, 1)
    assert np.isnan(Accuracy(0, 0).share)


def test_the_closing_sentence_says_chance_and_every_judge():
    rounds = [a_round(mood, mood) for mood in deal(MOODS, 6, 2)]
    said = closing_sentence(tally(rounds, MOODS), people="you")
    assert said == (
        "Chance is 1 in 6; words alone 17 %, with the voice 100 % [61–100 %], you 100 % [61–100 %]."
    )


def test_the_closing_sentence_says_what_could_be_chance():
    rounds = [a_round("anger"), a_round("fear", voice="anger")]
    said = closing_sentence(tally(rounds, MOODS))
    assert "you" not in said
    assert said.endswith("What the voice adds could still be chance.")


def test_no_rounds_are_said_to_be_none():
    assert closing_sentence(tally([], MOODS)) == ENGLISH["no_rounds"]


def test_the_table_has_a_row_a_round_and_runs_no_formula():
    rounds = [a_round("anger", "fear"), a_round(sentence='=HYPERLINK("x", "y")')]
    rows = list(csv.DictReader(io.StringIO(rounds_csv(rounds))))
    assert (rows[0]["meant"], rows[0]["guessed"], rows[0]["words"]) == ("anger", "fear", "surprise")
    assert rows[1]["sentence"] == '\'=HYPERLINK("x", "y")'
    assert rows[1]["guessed"] == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_and_sentences_to_say(language: str):
    texts = texts_for(language)
    assert set(texts) == set(ENGLISH)
    assert texts["language"] == language
    assert len(sentences_for(texts)) >= 5
    assert all(looks_spanish(each) == (language == "es") for each in sentences_for(texts))


def test_words_alone_are_marked_where_a_sentence_is_in_spanish():
    texts = texts_for("es")
    assert with_little_read(texts, [SENTENCE]) is texts
    marked = with_little_read(texts, [SENTENCE, "La cena es a las siete."])
    assert marked["words"] == "palabras solas *"
    assert texts["words_little"] in marked["interval_note"]


def test_a_mood_is_named_by_its_noun_in_spanish():
    """An adjective would have to agree with whoever speaks."""
    assert texts_for("es")["anger"] == "enfado"
    assert texts_for("en")["anger"] == "angry"
