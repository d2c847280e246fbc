"""What a bag of tokens may be asked about a clip: its words, its speaker, its emotion.

Words and emotion are asked of speakers who did not train the probe. Speakers are told among those
who did not train the codec, from other words than the probe learned them by.
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
    """Clips with their answers.

    Attributes
    ----------
    train, test : codes of clips, each ``(n_layers, n_frames)``, and the answer of each; no answer
        is in one only.
    """

    name: str
    train: Answers
    test: Answers

    @property
    def n_answers(self) -> int:
        return len(set(self.train[1]))


def ask(codes: Mapping[Record, Codes]) -> list[Question]:
    """Ask about each corpus what its records can answer."""
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
    """Keep the answers that both sides have."""
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
    """Every other text tests; where there are no texts, the later half of each clip does."""
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
    """Whole pieces of ``PIECE`` frames."""
    starts = range(0, codes.shape[1] - PIECE + 1, PIECE)
    return [codes[:, start : start + PIECE] for start in starts]
