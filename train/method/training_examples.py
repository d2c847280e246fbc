"""From records to what the two twins learn from.

The neutral sentences of voice corpora teach the model to listen; texts without a recording teach
it to read; pairing the two teaches it to weigh them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from audiotok.errors import DataError
from audiotok.sequence import SequenceBuilder, TokenSequence, UtteranceEncoding
from audiotok.vocabulary import Codes, Occurrence
from train.corpora.reading import BROAD_LABELS
from train.corpora.records import SPLITS, Record
from train.settings.corpora import CorpusConfig
from train.settings.task import RunConfig, TaskConfig

Target = NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """What one twin reads and should say.

    Attributes
    ----------
    target : zeros and ones, shape ``(n_labels,)``; all zeros is neutral.
    view : what is heard of the clip; nothing for the text-only twin.
    is_pair : whether words and voice come from two records.
    """

    text: str
    view: View
    target: Target
    is_pair: bool = False

    def sequence(self, builder: SequenceBuilder) -> TokenSequence:
        """Build what the backbone reads."""
        return self.view.sequence(self.text, builder)

    def hearings(self, builder: SequenceBuilder) -> list[UtteranceEncoding]:
        """Give all that the classifier reads before it judges."""
        return [
            UtteranceEncoding(view.sequence(self.text, builder), view.codes, view.plain)
            for view in self._views
        ]

    @property
    def codes(self) -> list[Codes]:
        """All tokens of each of these hearings."""
        return [view.codes for view in self._views]

    @property
    def _views(self) -> tuple[View, ...]:
        return (self.view, *self.view.beside)


@dataclass(frozen=True)
class View:
    """The selected tokens of one hearing of a clip.

    Attributes
    ----------
    codes : all tokens, shape ``(n_layers, n_frames)``.
    relative : whether its codes are relative to a reference.
    beside : the clip alone, which is judged beside a relative view.
    plain : all tokens of each reference of a relative view, alone.
    """

    selected: tuple[Occurrence, ...] = ()
    codes: Codes = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64), compare=False)
    relative: bool = False
    beside: tuple[View, ...] = ()
    plain: tuple[Codes, ...] = field(default=(), compare=False)

    def sequence(self, text: str, builder: SequenceBuilder) -> TokenSequence:
        """Build what the backbone reads of it with a text."""
        return builder.build(text, self.selected, relative=self.relative)

    def thinned(self, share: float, rng: np.random.Generator) -> View:
        """Keep each token with a probability of ``share``."""
        kept = rng.random(len(self.selected)) < share
        selected = tuple(o for o, k in zip(self.selected, kept, strict=True) if k)
        return View(selected, self.codes, self.relative)


NOTHING_HEARD = View()


@dataclass(frozen=True)
class Labelled:
    """A record with its target and, where it has audio, the views of its clip.

    Attributes
    ----------
    views : the first one is the clip as it was recorded, without a reference.
    """

    record: Record
    target: Target
    views: tuple[View, ...]
    words_carry_no_label: bool

    @property
    def has_audio(self) -> bool:
        return bool(self.record.audio)

    @property
    def is_neutral(self) -> bool:
        return not self.target.any()


def target_of(record: Record, config: TaskConfig) -> Target | None:
    """Translate a record's labels into the task's; None where they mean nothing to it.

    All zeros is *neutral*: no label of several, or no exclusive one more than another.
    """
    wanted = [config.label_map.get(label, label) for label in record.labels]
    target = np.array([int(label in wanted) for label in config.labels])
    if not target.any():
        return target if set(record.labels) <= set(config.neutral_labels) else None
    if target.sum() > 1 and not config.multi_label:
        return None
    return target


def check_labels(records: Sequence[tuple[CorpusConfig, Record]], config: TaskConfig) -> None:
    """Raise where a label is none of the task's, or a split has no example of one of them."""
    known = {
        *config.labels,
        *config.label_map,
        *config.neutral_labels,
        *config.left_out_labels,
    }
    n_found = {split: np.zeros(len(config.labels), dtype=int) for split in SPLITS}
    for corpus, record in records:
        unknown = [label for label in record.labels if label not in known]
        if unknown and corpus.reader not in BROAD_LABELS:
            raise DataError(
                f"'{record.id}' of {record.corpus} has the label '{unknown[0]}', which the task "
                f"'{config.task}' does not know; correct it, or name it in the config under "
                "'label_map' or 'left_out_labels'."
            )
        if (target := target_of(record, config)) is not None:
            n_found[record.split] += target
    for split, counts in n_found.items():
        allowed = config.untested_labels if split != "train" else ()
        for label, count in zip(config.labels, counts, strict=True):
            if not count and label not in allowed:
                raise DataError(
                    f"No {split} example of the task '{config.task}' is '{label}'; move some "
                    "there, or leave the label out of the config."
                )


def label_records(
    records: Iterable[tuple[CorpusConfig, Record]],
    views: Mapping[Record, tuple[View, ...]],
    config: RunConfig,
) -> list[Labelled]:
    """Join records with targets and views.

    Records whose labels mean nothing to the task, and those whose clip could not be read (they
    are not in ``views``), are left out.
    """
    labelled = []
    for corpus, record in records:
        target = target_of(record, config)
        if target is not None and (record in views or not record.audio):
            seen = views.get(record, ())
            labelled.append(Labelled(record, target, seen, corpus.words_carry_no_label))
    return labelled


def text_examples(
    items: Sequence[Labelled], config: RunConfig, seed: int, share: float = 1.0
) -> list[Example]:
    """What the text-only twin learns from: every text with the labels that its words have.

    ``share`` of the configured number of texts without a recording is drawn.
    """
    rng = np.random.default_rng([seed, 1])
    n_texts = round(share * config.training_examples.n_texts)
    texts = balanced_draw([i for i in items if not i.has_audio], n_texts, rng)
    examples = [Example(item.record.text, NOTHING_HEARD, item.target) for item in texts]
    for item in items:
        if item.has_audio and item.record.text:
            target = np.zeros_like(item.target) if item.words_carry_no_label else item.target
            examples.append(Example(item.record.text, NOTHING_HEARD, target))
    return examples


def voice_examples(
    items: Sequence[Labelled],
    config: RunConfig,
    seed: int,
    share: float = 1.0,
    *,
    thin: bool = False,
) -> list[Example]:
    """What the text+audio twin learns from: clips with and without their words, and pairs.

    Every view of a clip is an example, thinned to a random share of its tokens where asked.

    ``share`` of the configured number of pairs is made.
    """
    rng = np.random.default_rng([seed, 2])
    clips = [item for item in items if item.has_audio]
    examples = [Example(i.record.text, view, i.target) for i in clips for view in i.views]
    n_alone = round(config.training_examples.voice_only_share * len(examples))
    for index in rng.permutation(len(examples))[:n_alone]:
        examples.append(replace(examples[index], text=""))
    texts = [item for item in items if not item.has_audio]
    examples += pairs(texts, clips, round(share * config.training_examples.n_pairs), rng)
    if thin:
        least = config.training_examples.min_token_keep_share
        examples = [replace(e, view=e.view.thinned(rng.uniform(least, 1), rng)) for e in examples]
    return examples


def pairs(
    texts: Sequence[Labelled],
    clips: Sequence[Labelled],
    n_pairs: int,
    rng: np.random.Generator,
) -> list[Example]:
    """Give texts a voice of the same label; a neutral one of the two takes the other's label."""
    if not texts or not clips:
        return []
    by_target: dict[bytes, list[Labelled]] = defaultdict(list)
    for clip in clips:
        by_target[clip.target.tobytes()].append(clip)
    neutral = by_target.get(np.zeros_like(clips[0].target).tobytes(), [])
    emotional = [clip for clip in clips if not clip.is_neutral]
    examples = []
    for text in balanced_draw(texts, n_pairs, rng):
        same = by_target.get(text.target.tobytes(), [])
        # Half of the texts meet their own label; the others are decided by one side alone.
        candidates = same if rng.random() < 0.5 else (emotional if text.is_neutral else neutral)
        candidates = candidates or same or neutral
        if candidates:
            clip = candidates[int(rng.integers(len(candidates)))]
            target = np.maximum(text.target, clip.target)
            view = clip.views[int(rng.integers(len(clip.views)))]
            examples.append(Example(text.record.text, view, target, is_pair=True))
    return examples


def balanced_draw(
    items: Sequence[Labelled], n_items: int, rng: np.random.Generator
) -> list[Labelled]:
    """Draw items so that every set of one label (or none) is drawn equally often.

    Items with several labels are drawn as often as those of their rarest one. At most ``n_items``
    come back, without repetition.
    """
    if not items or not n_items:
        return []
    targets = np.stack([item.target for item in items])
    frequency = np.maximum(targets.sum(axis=0), 1)
    n_neutral = max(1, int((~targets.any(axis=1)).sum()))
    weights = np.array([1 / frequency[t > 0].min() if t.any() else 1 / n_neutral for t in targets])
    n_items = min(n_items, len(items))
    chosen = rng.choice(len(items), n_items, replace=False, p=weights / weights.sum())
    return [items[i] for i in chosen]
