"""A random classifier in whose audio vocabulary is what the random codec says of ``spoken``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiotok.calibration import Calibration
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.vocabulary import AudioVocabulary
from tests.conftest import LABELS, random_bundle
from tests.sounds import spoken


def classifier_of(backbone_id: str, codec: Codec) -> Classifier:
    """Load a classifier that hears tokens throughout ``spoken``, and counts them too."""
    codes = codec.encode(spoken(1.2))
    layers = (1, 2, 3, 5)
    pairs = tuple(
        (layer, int(code)) for layer in layers for code in np.unique(codes[layer - 1])[::2]
    )
    weights = np.random.default_rng(0).normal(size=(len(pairs), len(LABELS)))
    vocabulary = AudioVocabulary(LABELS, tuple(range(1, 9)), pairs, weights)
    bundle = random_bundle(backbone_id, codec, vocabulary)
    told = {"text_audio": Calibration(bag_of_tokens=0.5)}
    config = bundle.config.model_copy(update={"calibration": told})
    return Classifier.load(replace(bundle, config=config), codec)
