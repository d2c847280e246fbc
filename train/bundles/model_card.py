"""The model card of a bundle, filled in by the run that made it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from train.corpora import licences
from train.evaluation.confusion import picture_name
from train.evaluation.markdown import number, table
from train.evaluation.reports import Report
from train.evaluation.score_tables import score_table
from train.settings.task import RunConfig

HEARINGS = {
    "text_only": "words alone",
    "text_audio": "words + voice",
    "reference": "and one neutral reference",
}

# What a reader of the card must know about what the model learned from.
ACTED = {
    "ravdess": "The voices of RAVDESS are acted, adult and North American.",
    "nemo": "The voices of nEMO are acted, adult and Polish.",
}
WRITTEN = {"goemotions": "The texts of GoEmotions are English comments from one website."}


def write_card(
    config: RunConfig, facts: dict[str, Any], reports: list[Report], n_everyone: int = 0
) -> str:
    """Write the card as Markdown with hub metadata.

    Parameters
    ----------
    facts : ``records`` (by corpus and split), ``selection``, ``pretrain``, ``finetune``,
        ``machine``, ``minutes``.
    reports : scores on the test split.
    n_everyone : speakers that the bag heard afterwards, those of the test split included; none for
        the bundle that was scored.
    """
    selection = facts["selection"]
    corpora = [*config.corpora, *config.pretrain_corpora]
    counts = "\n".join(
        f"| {corpus} | {n['train']} | {n['validation']} | {n['test']} |"
        for corpus, n in facts["records"].items()
    )
    seeds = ", ".join(map(str, config.finetune.seeds))
    per_layer = ", ".join(f"{n} in layer {k}" for k, n in selection["n_tokens_per_layer"].items())
    ships = "the codec that ships" if config.codec is None else config.codec
    return f"""---
{licences.metadata(corpora)}
base_model: {config.backbone}
library_name: audiotok
pipeline_tag: audio-classification
tags: [speech, {config.task}, speech-tokens, lora]
---

# audiotok: {config.task}

Tells {", ".join(config.labels)} from a sentence and the voice that says it. {config.backbone}
reads the words and {selection["n_tokens"]} selected speech tokens of the clip
(arXiv:2512.07571); the text-only twin reads the words alone.{_counted(config)}

```python
import audiotok

classifier = audiotok.load("{config.task}", bundle="this folder or its hub id")
print(classifier.predict("clip.wav", "I will be there in ten minutes.").text_audio.as_dict())
```

## Data

| corpus | train | validation | test |
|---|---|---|---|
{counts}

{_sharing(config, facts["shared"])} Tokens come from {ships}, whose card says whom it heard.
Whose work the corpora are stands under Licence.

## Training

Selected tokens: {per_layer}; relative duality gap of the lasso
{selection["fit"]["relative_gap"]:.1e}. Embedding pre-training ({facts["pretrain"]["objective"]}):
loss {facts["pretrain"]["first_loss"]:.2f} to {facts["pretrain"]["best_loss"]:.2f}, where guessing
evenly costs {facts["pretrain"]["chance_loss"]:.2f}. LoRA rank {config.finetune.rank}, seeds {seeds}
(bagged). Made on {facts["machine"]} in {facts["minutes"]:.0f} minutes after encoding.

## Scores

{_what_was_scored(n_everyone)}Bagged over seeds; in brackets mean ± deviation of single seeds.

{score_table({config.task: reports})}

{_intervals(reports)}{_confusions(reports)}{_speakers(reports)}## Intended use

For teaching and research on how a voice changes the reading of a sentence, with people who know
that they are recorded and can read this card. Not for judging people, and not for decisions about
them, such as in hiring, teaching, policing, insurance or care: a label is a guess about how an
utterance sounds, never a fact about a person.

## Known failures

{_failures(config, reports)}

## Licence

{licences.licence_text(corpora)}

The backbone, {config.backbone}, and the codec are not in this folder;
each has a licence of its own.
"""


def _counted(config: RunConfig) -> str:
    """Say who else listens."""
    if config.bag_of_tokens is None:
        return ""
    return """ Beside the model that listens, a
linear reader counts all tokens of the clip and sums up what they stand for; its weight comes from
validation speakers."""


def _sharing(config: RunConfig, shared: Sequence[str]) -> str:
    """Say what training and test have in common, speakers first."""
    mixed = [c.root.name for c in config.corpora if c.allow_shared_speakers]
    speakers = (
        f"Speakers of {', '.join(mixed)} may stand in several splits."
        if mixed
        else "No named speaker stands in two splits."
    )
    return " ".join([speakers, *shared])


def _what_was_scored(n_everyone: int) -> str:
    """Say whose scores the card gives, where they are not the bundle's own."""
    if not n_everyone:
        return ""
    return f"""The bag, the reader of all tokens, was then fitted once more with the same settings,
on the voices of all {n_everyone} speakers, validation and test included; nobody is left to score
that on. The scores are those with the bag before, which heard the training speakers only and lies
beside the other one.

"""


def _intervals(reports: Sequence[Report]) -> str:
    """Tabulate the bagged scores that have an interval."""
    sure = [report for report in reports if report.get("interval")]
    if not sure:
        return ""
    rows = [
        [r["corpus"], r["measure"], *(_score_and_interval(r, name) for name in HEARINGS)]
        for r in sure
    ]
    return f"""95 % intervals of the bagged scores, had other clips of the same speakers been drawn
(percentile bootstrap over clips). Other speakers may differ by more.

{table(["test data", "measure", *HEARINGS.values()], rows)}

"""


def _score_and_interval(report: Report, name: str) -> str:
    score = number(report.get(name, {}).get("bagged"))
    if name not in report["interval"]:
        return score
    lower, upper = report["interval"][name]
    return f"{score} ({number(lower)} to {number(upper)})"


def _confusions(reports: Sequence[Report]) -> str:
    pictures = [
        f"![Confusion matrix of {r['corpus']}: what was meant and what was heard]"
        f"({picture_name(r['corpus'])})"
        for r in reports
        if np.any(r.get("confusion", 0))
    ]
    if not pictures:
        return ""
    listed = "\n\n".join(pictures)
    return f"Words + voice, what was meant and what was heard:\n\n{listed}\n\n"


def _speakers(reports: Sequence[Report]) -> str:
    rows = [
        [report["corpus"], speaker or "not named", number(score)]
        for report in reports
        for speaker, score in report.get("per_speaker", {}).items()
    ]
    if not rows:
        return ""
    by_speaker = table(["test data", "speaker", "top-1 macro-F1"], rows)
    return f"Words + voice, for each test speaker:\n\n{by_speaker}\n\n"


def _failures(config: RunConfig, reports: Sequence[Report]) -> str:
    readers = [corpus.reader for corpus in config.corpora]
    acted = " ".join(ACTED[reader] for reader in readers if reader in ACTED)
    written = " ".join(WRITTEN[reader] for reader in readers if reader in WRITTEN)
    found = [_worst_confusion(config.labels, r) for r in reports] + [
        _spread_of_speakers(r) for r in reports
    ]
    if acted:
        found.append(
            f"**Acted speech.** {acted} Actors show more than people do, so on everyday speech "
            "expect less than the scores above."
        )
    if written:
        found.append(f"**Texts.** {written}")
    found += [
        "**Accents and other languages.** Only those of the corpora above were heard. Words in a "
        "language that the backbone does not read say next to nothing.",
        "**Children and old people.** Where the corpora lack them, they were not tested; their "
        "voices are higher, rougher or slower for reasons that are no emotion.",
        "**Sarcasm.** A mismatch of words and voice is weighed, not understood: nothing taught the "
        "model what one means.",
        "**Cultures.** How a feeling is voiced, and whether it is shown, differs between cultures, "
        "and people judge their own best (Elfenbein & Ambady 2002, "
        "doi:10.1037/0033-2909.128.2.203). So does a model that heard few of them.",
        "**Noise and distance.** Other speakers, music, echo, far microphones and strong "
        "compression change the tokens. Noise and rooms that were made up, for training or for "
        "tests, are not real ones.",
        "**Moods that are no label.** Everything is told in the labels above: boredom, pain or a "
        "cold come out as one of them, or as none.",
    ]
    return "\n".join(f"- {sentence}" for sentence in found if sentence)


def _worst_confusion(labels: Sequence[str], report: Report) -> str:
    """Name the label that is most often taken for another one, and that one."""
    counts = np.array(report.get("confusion") or [[0]])
    n_true = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(n_true, 1)
    np.fill_diagonal(shares, 0)
    if not shares.any():
        return ""
    meant, heard = np.unravel_index(shares.argmax(), shares.shape)
    return (
        f"**{labels[meant].capitalize()} taken for {labels[heard]}.** On {report['corpus']} that "
        f"happens to {counts[meant, heard]} of {n_true[meant, 0]} such clips, a larger share than "
        "any other mistake has."
    )


def _spread_of_speakers(report: Report) -> str:
    scores = [s for s in report.get("per_speaker", {}).values() if not math.isnan(s)]
    if len(scores) < 2:
        return ""
    return (
        f"**Some voices more than others.** Between the test speakers of {report['corpus']} the "
        f"score lies between {min(scores):.2f} and {max(scores):.2f}."
    )
