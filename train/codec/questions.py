"""Probing tasks for token histograms: words, speaker and emotion of a clip.

Words and emotion are tested on speakers unseen by the probe. Speaker is tested on speakers unseen
by the codec, with texts unseen by the probe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audiotok.vocabulary import Codes
from train.corpora.records import Record

Answers = tuple[list[Codes], list[str]]

MIN_SPEAKERS = 4  # a few speakers are told apart by sex alone
PIECE = 100  # frames: 2 s


@dataclass(frozen=True)
class Question:
    """A probing task: training and test clips with their classes.

    Attributes
    ----------
    train, test : codes of clips, each ``(n_layers, n_frames)``, and the class of each; every class
        is in both.
    """

    name: str
    train: Answers
    test: Answers

    @property
    def n_answers(self) -> int:
        return len(set(self.train[1]))


def ask(codes: Mapping[Record, Codes]) -> list[Question]:
    """Return the probing tasks that each corpus's records have classes for."""
    corpora: dict[str, dict[Record, Codes]] = defaultdict(dict)
    for record, found in codes.items():
        corpora[record.corpus][record] = found
    questions = []
    for corpus, clips in corpora.items():
        questions += [
            _question(f"words, {corpus}", *_by_split(clips, {r: r.text for r in clips if r.text})),
            _question(f"speaker, {corpus}", *_speakers(clips)),
            _question(
                f"emotion, {corpus}",
                *_by_split(clips, {r: r.labels[0] for r in clips if len(r.labels) == 1}),
            ),
        ]
    order = ("words", "speaker", "emotion")
    wanted = [question for question in questions if question.n_answers > 1]
    return sorted(wanted, key=lambda question: order.index(question.name.split(",")[0]))


Pairs = list[tuple[Codes, str]]


def _question(name: str, train: Pairs, test: Pairs) -> Question:
    """Return the task with the classes that are in both training and test clips."""
    both = {answer for _, answer in train} & {answer for _, answer in test}
    return Question(name, _only(train, both), _only(test, both))


def _only(pairs: Pairs, answers: set[str]) -> Answers:
    kept = [(codes, answer) for codes, answer in pairs if answer in answers]
    return [codes for codes, _ in kept], [answer for _, answer in kept]


def _by_split(clips: Mapping[Record, Codes], answers: Mapping[Record, str]) -> tuple[Pairs, Pairs]:
    train, test = (
        [(clips[r], answer) for r, answer in answers.items() if r.split == split]
        for split in ("train", "test")
    )
    return train, test


def _speakers(clips: Mapping[Record, Codes]) -> tuple[Pairs, Pairs]:
    """Split by text, every other one for test; without texts each clip's later half is test."""
    unseen = {r: codes for r, codes in clips.items() if r.split != "train" and r.speaker}
    if len({r.speaker for r in unseen}) < MIN_SPEAKERS:
        return [], []
    texts = sorted({r.text for r in unseen if r.text})
    if not texts:
        halves = {r: codes.shape[1] // 2 for r, codes in unseen.items()}
        first = [(p, r.speaker) for r, codes in unseen.items() for p in _cut(codes[:, : halves[r]])]
        later = [(p, r.speaker) for r, codes in unseen.items() for p in _cut(codes[:, halves[r] :])]
        return first, later
    train = [(codes, r.speaker) for r, codes in unseen.items() if r.text in texts[0::2]]
    test = [(codes, r.speaker) for r, codes in unseen.items() if r.text in texts[1::2]]
    return train, test


def _cut(codes: Codes) -> Iterable[Codes]:
    """Return consecutive pieces of ``PIECE`` frames; a shorter rest is dropped."""
    starts = range(0, codes.shape[1] - PIECE + 1, PIECE)
    return [codes[:, start : start + PIECE] for start in starts]
