from __future__ import annotations

import numpy as np
import pytest

from train.codec.layer_probes import bag_macro_f1
from train.codec.questions import ask
from train.corpora.records import Record

WORDS = ("kids", "dogs")
MOODS = ("anger", "sadness")


def corpus(texts=WORDS, moods=MOODS, n_frames=60):
    """Layer 1 follows the words, layer 2 the speaker, layer 3 the mood, layer 4 nothing."""
    rng = np.random.default_rng(0)
    speakers = [(f"t{i}", "train") for i in range(4)] + [(f"u{i}", "test") for i in range(4)]
    found = {}
    for number, (speaker, split) in enumerate(speakers):
        for text in texts:
            for mood in moods:
                for take in range(4):
                    planted = [text and texts.index(text), number % 4, mood and moods.index(mood)]
                    hints = [np.where(rng.random(n_frames) < 0.5, p or 0, 9) for p in planted]
                    codes = np.stack([*hints, rng.integers(0, 16, n_frames)])
                    record = Record(
                        f"{speaker} {text} {mood} {take}", (), text, (mood,) if mood else (),
                        speaker, split, "acted",
                    )  # fmt: skip
                    found[record] = codes.astype(np.int64)
    return found


def test_each_property_is_found_in_its_layer_and_only_there() -> None:
    questions = ask(corpus())
    assert [question.name for question in questions] == [
        "words, acted", "speaker, acted", "emotion, acted",
    ]  # fmt: skip
    assert [question.n_answers for question in questions] == [2, 4, 2]
    for place, question in enumerate(questions, start=1):
        chance = 1 / question.n_answers
        for layer in range(1, 5):
            score = bag_macro_f1(question, [layer], 16)
            assert (score > 0.95) if layer == place else (score < chance + 0.25)


def test_words_are_asked_of_other_speakers_and_speakers_of_other_words() -> None:
    codes = corpus()
    by_codes = {id(of_clip): record for record, of_clip in codes.items()}
    words, speaker, _ = ask(codes)
    for question, part in ((words, "speaker"), (speaker, "text")):
        train, test = (
            {getattr(by_codes[id(of_clip)], part) for of_clip in side[0]}
            for side in (question.train, question.test)
        )
        assert train
        assert not train & test
    heard = {
        by_codes[id(of_clip)].split for side in (speaker.train, speaker.test) for of_clip in side[0]
    }
    assert heard == {"test"}


def test_without_texts_speakers_are_told_from_the_later_half_of_each_clip() -> None:
    (speaker,) = ask(corpus(("",), ("",), n_frames=400))
    assert speaker.name == "speaker, acted"
    assert len(speaker.train[0]) == len(speaker.test[0]) == 4 * 4 * 2
    assert {of_piece.shape for of_piece in speaker.test[0]} == {(4, 100)}
    assert bag_macro_f1(speaker, [2], 16) > 0.95


@pytest.mark.parametrize("n_speakers", [2, 3])
def test_a_few_speakers_are_no_question(n_speakers) -> None:
    few = {r: c for r, c in corpus().items() if r.split == "train" or r.speaker < f"u{n_speakers}"}
    assert [question.name.split(",")[0] for question in ask(few)] == ["words", "emotion"]
