"""The map of embeddings of a finished bundle, written into its folder."""

from __future__ import annotations

from audiotok.classifier import Classifier
from audiotok.device import resolve_device
from audiotok.embedding_map import EMBEDDING_MAP
from train.evaluation.embedding_map import write_embedding_map
from train.settings.task import RunConfig


def map_bundle(config: RunConfig) -> str:
    """Write the map of the bundle in ``config.out``, which needs no corpora; say what it holds."""
    classifier = Classifier.load(config.out, device=str(resolve_device(config.device)))
    found = write_embedding_map(classifier, config.out)
    return (
        f"{config.out / EMBEDDING_MAP}: {len(found.tokens)} tokens among {len(found.words)} words; "
        f"the two axes hold {sum(found.explained):.1%} of the variance."
    )
