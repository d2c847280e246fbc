"""A view that is asked for after its analysis was deleted says so."""

from __future__ import annotations

import json

from tests.page_server import Server
from tests.ui.test_hostile import ask, call, events


def test_a_view_of_an_analysis_that_is_gone_says_so(page_server: Server):
    config = json.loads(ask(page_server, "/config")[1])
    names = {c["id"]: c["props"].get("elem_id") or "" for c in config["components"]}
    opened = [
        event
        for event in events(page_server)
        for target, kind in event["targets"]
        if kind == "select" and names[target].startswith(("at-tab-", "at-hear", "at-card"))
    ]
    assert len(opened) >= 9
    for event in opened:
        status, said = call(
            page_server, event["id"], [None, "all"][: len(event["inputs"])], "nobody"
        )
        assert (status, "The analysis has been deleted meanwhile" in said) == (200, True), said
