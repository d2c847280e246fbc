from __future__ import annotations

import numpy as np
import pytest

from audiotok.calibration import NEUTRAL, DecisionRule

PROBABILITIES = np.array([[0.6, 0.3], [0.4, 0.3], [0.1, 0.15], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("thresholds", "verdicts"),
    [((0.5, 0.2), ["sad", "glad", NEUTRAL, NEUTRAL]), ((), ["sad", "sad", "glad", "sad"])],
)
def test_what_is_said_is_the_verdict(thresholds, verdicts) -> None:
    rule = DecisionRule(("sad", "glad"), thresholds)
    assert [rule.verdict(row) for row in PROBABILITIES] == verdicts
    marked = [[verdict == label for label in rule.labels] for verdict in verdicts]
    np.testing.assert_array_equal(rule.said(PROBABILITIES), marked)
    np.testing.assert_array_equal(rule.said(np.stack([PROBABILITIES] * 3)), [marked] * 3)
