"""Names beside the flow picture."""

from __future__ import annotations

import numpy as np
import pytest

from audiotok.ui.flow_view import APART, apart


def test_names_that_have_room_stay_where_they_are() -> None:
    assert apart([0.2, 0.5, 0.9]) == [0.2, 0.5, 0.9]
    assert apart([]) == []


@pytest.mark.parametrize("middles", [[0.0, 0.02, 0.5], [0.4, 0.97, 0.99], [0.98, 0.99, 1.0]])
def test_no_name_covers_another_or_leaves_the_picture(middles: list[float]) -> None:
    places = apart(middles)
    assert np.diff(places).min() >= APART - 1e-9
    assert places[0] >= APART / 2 - 1e-9
    assert places[-1] <= 1 - APART / 2 + 1e-9
