"""The model card of a bundle, filled in by the run that made it."""

from __future__ import annotations

from typing import Any

from train.config import RunConfig
from train.evaluate import Report, markdown_table

SOURCES = {
    "ravdess": "RAVDESS (Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391), "
    "CC BY-NC-SA 4.0",
    "nemo": "nEMO (Christop 2024, arXiv:2404.06292), CC BY-NC-SA 4.0",
    "goemotions": "GoEmotions (Demszky et al. 2020, arXiv:2005.00547), CC BY 4.0",
    "librispeech": "LibriSpeech (Panayotov et al. 2015), CC BY 4.0",
}


# What a reader of the card must know about what the model learned from.
LIMITS = {
    "ravdess": "The voices of RAVDESS are acted, adult and North American.",
    "nemo": "The voices of nEMO are acted, adult and Polish.",
    "goemotions": "The texts of GoEmotions are English comments from one website.",
}


def write_card(config: RunConfig, facts: dict[str, Any], reports: list[Report]) -> str:
    """Write the card as Markdown with hub metadata.

    Parameters
    ----------
    facts : ``records`` (by corpus and split), ``selection``, ``pretrain``, ``finetune``,
        ``machine``, ``minutes``.
    reports : scores on the test split.
    """
    selection = facts["selection"]
    sources = "\n".join(
        f"- {SOURCES.get(c.reader, f'{c.root.name}, a corpus of the user')}" for c in config.corpora
    )
    counts = "\n".join(
        f"| {corpus} | {n['train']} | {n['validation']} | {n['test']} |"
        for corpus, n in facts["records"].items()
    )
    speakers = "\n".join(
        f"- {r['corpus']}: " + ", ".join(f"{s} {v:.2f}" for s, v in r["per_speaker"].items())
        for r in reports
        if "per_speaker" in r
    )
    seeds = ", ".join(map(str, config.finetune.seeds))
    limits = " ".join(LIMITS[c.reader] for c in config.corpora if c.reader in LIMITS)
    ships = "the codec that ships" if config.codec is None else config.codec
    return f"""---
license: cc-by-nc-sa-4.0
base_model: {config.backbone}
library_name: audiotok
pipeline_tag: audio-classification
tags: [speech, {config.task}, speech-tokens, lora]
---

# audiotok: {config.task}

Tells {", ".join(config.labels)} from a sentence and the voice that says it. {config.backbone}
reads the words and {selection["n_tokens"]} selected speech tokens of the clip
(arXiv:2512.07571); the text-only twin reads the words alone.

```python
import audiotok
classifier = audiotok.load("{config.task}", bundle="this folder or its hub id")
print(classifier.predict("clip.wav", "I will be there in ten minutes.").text_audio.as_dict())
```

## Data

| corpus | train | validation | test |
|---|---|---|---|
{counts}

No named speaker stands in two splits. Tokens come from {ships}, whose card says whom it heard.
Sources:

{sources}

## Training

Selected tokens per layer: {selection["n_tokens_per_layer"]}; relative duality gap of the lasso
{selection["fit"]["relative_gap"]:.1e}. Embedding pre-training ({facts["pretrain"]["objective"]}):
loss {facts["pretrain"]["first_loss"]:.2f} to {facts["pretrain"]["best_loss"]:.2f}, where guessing
evenly costs {facts["pretrain"]["chance_loss"]:.2f}. LoRA rank {config.finetune.rank}, seeds {seeds}
(bagged). Made on {facts["machine"]} in {facts["minutes"]:.0f} minutes after encoding.

## Scores

Bagged over seeds; in brackets mean ± deviation of single seeds.

{markdown_table({config.task: reports})}

Words + voice, for each test speaker:

{speakers}

## Use and limits

For teaching and research on how a voice changes the reading of a sentence. Not for judging people,
and not for decisions about them: a label is a guess about how an utterance sounds, never a fact
about a person. {limits} Everyday speech, accents, children, sarcasm and other cultures are
outside what was tested.

## Licence

CC BY-NC-SA 4.0, because the voices are; name the corpora above when you share it.
"""
