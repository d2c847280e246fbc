from __future__ import annotations

from functools import partial

import numpy as np

from train.evaluation.token_probe import bag_scores, layer_sets, layer_table
from train.method.token_counts import count_tokens


def clips(n: int, seed: int):
    """Layer 1 is noise, layer 2 tells the label by how often code 3 sounds."""
    rng = np.random.default_rng(seed)
    targets = np.eye(3, dtype=np.int64)[rng.integers(0, 3, n)]
    targets[::10] = 0
    codes = []
    for target in targets:
        telling = np.where(rng.random(60) < 0.5, target.argmax() + target.any(), 9)
        codes.append(np.stack([rng.integers(0, 16, 60), telling]))
    return codes, targets


def test_the_probe_finds_the_layer_that_tells() -> None:
    train, test = clips(200, 0), clips(100, 1)
    scores = {
        layers: bag_scores(
            train, {"corpus": test}, partial(count_tokens, layers=layers, codebook_size=16)
        )
        for layers in layer_sets(2)
    }
    assert scores[(2,)]["corpus"] > 0.9
    assert scores[(1, 2)]["corpus"] > 0.9
    assert scores[(1,)]["corpus"] < 0.6
    table = layer_table(scores)
    assert table.splitlines()[0] == "| layers | corpus |"
    assert "| 1 to 2 |" in table
