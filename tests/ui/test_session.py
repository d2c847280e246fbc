"""Recordings go when their last user leaves, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotok.ui.session import Sessions


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "uploads" / "abc" / "clip.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"sound")
    return path


def test_an_upload_goes_with_its_session(upload):
    sessions = Sessions(upload.parents[1])
    sessions.remember("ana", str(upload))
    sessions.remember("ana", None)
    sessions.forget("ana")
    assert not upload.exists()


def test_an_upload_stays_while_somebody_uses_it(upload):
    sessions = Sessions(upload.parents[1])
    sessions.remember("ana", str(upload))
    sessions.remember("ben", str(upload))
    sessions.forget("ana")
    assert upload.exists()
    sessions.forget("ben")
    assert not upload.exists()


def test_files_from_elsewhere_are_never_deleted(upload, tmp_path):
    mine = tmp_path / "mine.wav"
    mine.write_bytes(b"sound")
    sessions = Sessions(upload.parents[1])
    sessions.remember("ana", str(mine))
    sessions.forget("ana")
    assert mine.exists()


def test_downloads_are_apart_and_go_with_their_session(tmp_path):
    sessions = Sessions(tmp_path)
    ana, ben = sessions.folder("ana"), sessions.folder("ben")
    assert ana != ben
    (ana / "verdict.json").write_text("{}")
    sessions.forget("ana")
    assert not ana.exists()
    assert ben.exists()
