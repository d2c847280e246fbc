"""Training examples of the text-only and the text+audio model, drawn from labelled records.

There are three kinds: clips of voice corpora (with and without their words), texts without a
recording, and pairs of such a text and a clip of the same label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from audiotok.encoder_probe import FrameLogits
from audiotok.errors import DataError
from audiotok.sequence import SequenceBuilder, TokenSequence
from audiotok.utterance import UtteranceEncoding
from audiotok.vocabulary import Codes, Occurrence
from train.corpora.reading import BROAD_LABELS
from train.corpora.records import SPLITS, Record
from train.method.corpus_weights import Known, corpus_weights
from train.settings.corpora import CorpusConfig
from train.settings.task import RunConfig, TaskConfig

Target = NDArray[np.int64]
SoftTarget = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One training example: the text and audio tokens of one utterance, with its target.

    Attributes
    ----------
    view : the clip's audio tokens; empty for the text-only model.
    target : zeros and ones, shape ``(n_labels,)``; all zeros is neutral.
    soft_target : what a model is trained on, between 0 and 1; None where it is ``target``.
    known : labels of which ``target`` tells, shape ``(n_labels,)``; None for all.
    is_pair : whether text and clip come from two records.
    """

    text: str
    view: View
    target: Target
    is_pair: bool = False
    soft_target: SoftTarget | None = None
    known: Known | None = None

    @property
    def learned(self) -> SoftTarget:
        """The target of training, shape ``(n_labels,)``: between 0 and 1, NaN where unknown."""
        found = self.target.astype(float) if self.soft_target is None else self.soft_target
        return found if self.known is None else np.where(self.known, found, np.nan)

    def sequence(self, builder: SequenceBuilder) -> TokenSequence:
        """Return the token sequence that the backbone reads."""
        return self.view.sequence(self.text, builder)

    def encodings(self, builder: SequenceBuilder) -> list[UtteranceEncoding]:
        """Return the utterance encodings that a prediction averages: see ``View.beside``."""
        return [
            UtteranceEncoding(
                view.sequence(self.text, builder),
                view.codes,
                view.plain,
                frame_logits=view.frame_logits,
            )
            for view in (self.view, *self.view.beside)
        ]


@dataclass(frozen=True)
class View:
    """The audio tokens of one clip variant.

    Attributes
    ----------
    selected : occurrences of the selected tokens.
    codes : codes of all layers, shape ``(n_layers, n_frames)``.
    relative : whether the codes are relative to a reference clip.
    beside : view without a reference, whose prediction is averaged with that of a relative view.
    plain : codes of each reference of a relative view, encoded without a reference.
    frame_logits : of a probe, for the same frames; None without one.
    """

    selected: tuple[Occurrence, ...] = ()
    codes: Codes = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64), compare=False)
    relative: bool = False
    beside: tuple[View, ...] = ()
    plain: tuple[Codes, ...] = field(default=(), compare=False)
    frame_logits: FrameLogits | None = field(default=None, compare=False)

    def sequence(self, text: str, builder: SequenceBuilder) -> TokenSequence:
        """Return the sequence of ``text`` and the selected tokens."""
        return builder.build(text, self.selected, relative=self.relative)

    def thinned(self, share: float, rng: np.random.Generator) -> View:
        """Keep each selected token independently with probability ``share``."""
        kept = rng.random(len(self.selected)) < share
        selected = tuple(o for o, k in zip(self.selected, kept, strict=True) if k)
        return View(selected, self.codes, self.relative)


NOTHING_HEARD = View()


@dataclass(frozen=True)
class Labelled:
    """A record with its target and, where it has audio, its clip variants' tokens.

    Attributes
    ----------
    views : one a clip variant; the first is the clip as recorded, without a reference.
    soft_target : shares of listeners, shape ``(n_labels,)``, where they were asked.
    known : labels that its corpus has, shape ``(n_labels,)``; None for all.
    """

    record: Record
    target: Target
    views: tuple[View, ...]
    words_carry_no_label: bool
    soft_target: SoftTarget | None = None
    known: Known | None = None

    @property
    def has_audio(self) -> bool:
        return bool(self.record.audio)

    @property
    def is_neutral(self) -> bool:
        return not self.target.any()


def target_of(record: Record, config: TaskConfig) -> Target | None:
    """Map a record's corpus labels to the task's: zeros and ones of shape ``(n_labels,)``.

    None where the record is not part of the task; all zeros is *neutral*.
    """
    wanted = [config.label_map.get(label, label) for label in record.labels]
    target = np.array([int(label in wanted) for label in config.labels])
    if not target.any():
        return target if set(record.labels) <= set(config.neutral_labels) else None
    if target.sum() > 1 and not config.multi_label:
        return None
    return target


def soft_target_of(record: Record, config: TaskConfig) -> SoftTarget | None:
    """Map the shares of a record's listeners to the task's labels, shape ``(n_labels,)``.

    Exclusive labels share what was given to them among themselves. None where nobody was asked.
    """
    if not record.shares:
        return None
    found = np.zeros(len(config.labels))
    for name, share in record.shares:
        label = config.label_map.get(name, name)
        if label in config.labels:
            found[config.labels.index(label)] += share
    if not config.multi_label and found.any():
        found /= found.sum()
    return found


def check_labels(records: Sequence[tuple[CorpusConfig, Record]], config: TaskConfig) -> None:
    """Raise DataError on a label unknown to the task, or a split without examples of a label."""
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
    known: Mapping[str, Known],
) -> list[Labelled]:
    """Attach targets, views and, by corpus, the known labels to records.

    Records whose labels are not part of the task, and those whose clip could not be read (they
    are not in ``views``), are left out.
    """
    labelled = []
    for corpus, record in records:
        target = target_of(record, config)
        if target is not None and (record in views or not record.audio):
            seen = views.get(record, ())
            soft = soft_target_of(record, config)
            labelled.append(
                Labelled(
                    record,
                    target,
                    seen,
                    corpus.words_carry_no_label,
                    soft,
                    known[record.corpus],
                )
            )
    return labelled


def text_examples(
    items: Sequence[Labelled], config: RunConfig, seed: int, share: float = 1.0
) -> list[Example]:
    """Return the text-only model's examples: texts labelled by their words alone.

    ``share`` of the configured ``n_texts`` texts without a recording is drawn.
    """
    rng = np.random.default_rng([seed, 1])
    n_texts = round(share * config.training_examples.n_texts)
    texts = balanced_draw([i for i in items if not i.has_audio], n_texts, rng)
    spoken = [item for item in items if item.has_audio and item.record.text]
    examples = []
    for item in [*texts, *spoken]:
        target, known = item.target, item.known
        if item.has_audio and item.words_carry_no_label:
            target, known = np.zeros_like(target), None
        examples.append(Example(item.record.text, NOTHING_HEARD, target, known=known))
    return examples


def voice_examples(
    items: Sequence[Labelled],
    config: RunConfig,
    seed: int,
    share: float = 1.0,
    *,
    thin: bool = False,
) -> list[Example]:
    """Return the text+audio model's examples: clips with and without their words, and pairs.

    Every view of a clip is an example. With ``thin``, for training, ``n_clips`` of them are drawn,
    and a random share of each one's selected tokens is kept, at least ``min_token_keep_share``.
    Labels that a clip's corpus never names are then absent in ``unnamed_label_weight`` of those
    with a label, and unknown in the rest.
    ``share`` of the configured ``n_pairs`` is made.
    """
    rng = np.random.default_rng([seed, 2])
    clips = [item for item in items if item.has_audio]
    single = [replace(item, views=(view,)) for item in clips for view in item.views]
    if thin and config.training_examples.n_clips is not None:
        n_clips = config.training_examples.n_clips
        single = balanced_draw(single, n_clips, rng, config.corpus_balance)
    unnamed = config.unnamed_label_weight if thin else 0.0
    tells_all = np.random.default_rng([seed, 3]).random(len(single)) < unnamed
    examples = [
        Example(
            item.record.text,
            item.views[0],
            item.target,
            soft_target=item.soft_target,
            known=None if tells and not item.is_neutral else item.known,
        )
        for item, tells in zip(single, tells_all, strict=True)
    ]
    n_alone = round(config.training_examples.voice_only_share * len(examples))
    for index in rng.permutation(len(examples))[:n_alone]:
        examples.append(replace(examples[index], text=""))
    texts = [item for item in items if not item.has_audio]
    n_pairs = round(share * config.training_examples.n_pairs)
    examples += pairs(texts, clips, n_pairs, rng, config.corpus_balance)
    if thin:
        least = config.training_examples.min_token_keep_share
        examples = [replace(e, view=e.view.thinned(rng.uniform(least, 1), rng)) for e in examples]
    return examples


def pairs(
    texts: Sequence[Labelled],
    clips: Sequence[Labelled],
    n_pairs: int,
    rng: np.random.Generator,
    corpus_balance: float = 0.0,
) -> list[Example]:
    """Pair texts with clips of the same label, or of which one is neutral (the other's counts).

    Any clip may carry the text's label, so what is known of a pair is what is known of its text.
    """
    if not texts or not clips:
        return []
    by_target: dict[bytes, list[int]] = defaultdict(list)
    for number, clip in enumerate(clips):
        by_target[clip.target.tobytes()].append(number)
    neutral = by_target.get(np.zeros_like(clips[0].target).tobytes(), [])
    emotional = [number for number, clip in enumerate(clips) if not clip.is_neutral]
    weights = corpus_weights([clip.record.corpus for clip in clips], corpus_balance)
    examples = []
    for text in balanced_draw(texts, n_pairs, rng):
        same = by_target.get(text.target.tobytes(), [])
        # Half of the texts meet their own label; the others are decided by one side alone.
        candidates = same if rng.random() < 0.5 else (emotional if text.is_neutral else neutral)
        candidates = candidates or same or neutral
        if candidates:
            shares = weights[candidates]
            clip = clips[int(rng.choice(candidates, p=shares / shares.sum()))]
            target = np.maximum(text.target, clip.target)
            view = clip.views[int(rng.integers(len(clip.views)))]
            soft = None if clip.soft_target is None else np.maximum(text.target, clip.soft_target)
            examples.append(Example(text.record.text, view, target, True, soft, text.known))
    return examples


def balanced_draw(
    items: Sequence[Labelled],
    n_items: int,
    rng: np.random.Generator,
    corpus_balance: float = 0.0,
) -> list[Labelled]:
    """Sample at most ``n_items`` items without replacement, balanced over labels and neutral.

    Items with several labels are drawn as often as those of their rarest one. ``corpus_balance``
    is the exponent of ``corpus_weights``.
    """
    if not items or not n_items:
        return []
    targets = np.stack([item.target for item in items])
    frequency = np.maximum(targets.sum(axis=0), 1)
    n_neutral = max(1, int((~targets.any(axis=1)).sum()))
    weights = np.array([1 / frequency[t > 0].min() if t.any() else 1 / n_neutral for t in targets])
    weights *= corpus_weights([item.record.corpus for item in items], corpus_balance)
    n_items = min(n_items, len(items))
    chosen = rng.choice(len(items), n_items, replace=False, p=weights / weights.sum())
    return [items[i] for i in chosen]
