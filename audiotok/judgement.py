"""From logits to calibrated probabilities, as the config of a bundle says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from audiotok.bundle import BundleConfig, Twin
from audiotok.calibration import Calibration, calibrated, evidence_beside_voice, summands_of
from audiotok.prediction import Summands

Array = NDArray[np.float64]


def judged(config: BundleConfig, logits: Mapping[str, Array], twin: Twin) -> Array:
    """Return a twin's calibrated probabilities, shape ``(n_seeds, n_utterances, n_labels)``.

    Parameters
    ----------
    logits : of the twins, of the shape of the result, and, where there is a bag,
        ``bag_of_tokens``, shape ``(n_utterances, n_labels)``.
    """
    evidence = _evidence(config, logits) if twin == "text_audio" else {}
    calibration = config.calibration.get(twin, Calibration())
    return calibrated(logits[twin], calibration, evidence, multi_label=config.multi_label)


def first_summands(config: BundleConfig, logits: Mapping[str, Array]) -> Summands:
    """Return what the text+audio logits of the first utterance are sums of."""
    calibration = config.calibration.get("text_audio", Calibration())
    terms = summands_of(logits, calibration, _evidence(config, logits))
    return Summands({name: term[:, 0] for name, term in terms.items()}, config.multi_label)


def _evidence(config: BundleConfig, logits: Mapping[str, Array]) -> dict[str, Array]:
    return evidence_beside_voice(
        logits,
        config.calibration.get("text_only", Calibration()),
        config.rule("text_only"),
        multi_label=config.multi_label,
    )
