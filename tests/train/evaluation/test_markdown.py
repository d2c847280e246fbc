from __future__ import annotations

import pytest

from train.evaluation.markdown import number


@pytest.mark.parametrize(
    ("value", "spec", "shown"),
    [
        (0.125, ".2f", "0.12"),
        (-0.001, ".2f", "0.00"),
        (-0.01, ".2f", "-0.01"),
        (0.04, "+.1f", "+0.0"),
        (-0.04, "+.1f", "+0.0"),
        (None, ".2f", "–"),
        (float("nan"), ".2f", "–"),
    ],
)
def test_what_rounds_to_zero_has_no_minus(value: float | None, spec: str, shown: str) -> None:
    assert number(value, spec) == shown
