from __future__ import annotations

import numpy as np

from train.codec.usage import count_usage


def test_codes_used_equally_are_all_in_use_and_a_constant_one_is_no_news() -> None:
    uniform, constant = np.arange(160) % 16, np.full(160, 3)
    half = np.arange(160) % 8
    usage = count_usage([np.stack([uniform, constant, half])[:, part] for part in (
        slice(0, 80), slice(80, 160),
    )], 16)  # fmt: skip
    np.testing.assert_allclose(usage.perplexity, [16, 1, 8])
    np.testing.assert_allclose(usage.share, [1, 1 / 16, 0.5])
