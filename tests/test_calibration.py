from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotok.audio import SAMPLE_RATE
from audiotok.calibration import NEUTRAL, DecisionRule
from tests.fake_classifier import FakeClassifier
from tests.sounds import spoken

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


def test_a_notebook_shows_both_twins_and_takes_no_label_for_markup() -> None:
    classifier, clip = FakeClassifier(), (SAMPLE_RATE, spoken(0.6))
    shown = classifier.predict(clip, "I <i>am</i> here.")._repr_html_()
    assert "<th>words</th><th>words + voice</th>" in shown
    assert "I &lt;i&gt;am&lt;/i&gt; here." in shown
    alone = classifier.predict(clip, " ")
    assert "<th>words</th>" not in alone._repr_html_()
    assert f"<td><b>{alone.verdict_text_audio}</b></td>" in alone._repr_html_()
    scores = alone.text_audio
    hostile = tuple(f"<script>{label}" for label in scores.labels)
    rule = DecisionRule(hostile, scores.rule.thresholds)
    assert "<script>" not in replace(alone, text_audio=replace(scores, rule=rule))._repr_html_()
