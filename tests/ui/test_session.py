"""Recordings go when their last user leaves, and not before."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from audiotok.errors import AudiotokError
from audiotok.ui.session import Sessions, everything_below


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


@pytest.mark.parametrize("name", ["", "..", ".", "../..", "a/b", "x\0y", "a" * 5000, "é", None])
def test_a_name_that_was_never_seen_deletes_nothing(upload, name):
    sessions = Sessions(upload.parents[1])
    theirs = sessions.folder("ana")
    for each in (name, str(upload.parents[2]), str(upload.parents[1])):
        sessions.forget(each)
    assert upload.exists()
    assert theirs.is_dir()


@pytest.mark.parametrize("name", ["..", "../..", "a/b", "x\0y", "/etc", "a" * 5000])
def test_whatever_the_name_the_folder_is_the_servers_own(tmp_path, name):
    folder = Sessions(tmp_path).folder(name)
    assert folder.parent == tmp_path
    assert folder.name.startswith("download-")


def test_without_a_session_there_is_no_folder(tmp_path):
    with pytest.raises(AudiotokError, match="names no session"):
        Sessions(tmp_path).folder(None)


def test_a_folder_is_not_deleted_as_an_upload(tmp_path):
    (tmp_path / "uploads" / "full").mkdir(parents=True)
    (tmp_path / "uploads" / "full" / "clip.wav").write_bytes(b"sound")
    sessions = Sessions(tmp_path / "uploads")
    for path in (tmp_path / "uploads", tmp_path / "uploads" / "full"):
        sessions.remember("ana", str(path))
    sessions.forget("ana")
    assert (tmp_path / "uploads" / "full" / "clip.wav").exists()


def test_uploads_that_nobody_analyses_go_within_ten_minutes(upload):
    Sessions(upload.parents[1]).sweep(time.time() + 300)
    assert upload.exists()
    Sessions(upload.parents[1]).sweep(time.time() + 570)
    assert list(upload.parents[1].iterdir()) == []


def test_what_an_open_page_has_stays_for_an_hour(upload):
    sessions = Sessions(upload.parents[1])
    sessions.remember("ana", str(upload))
    sessions.sweep(time.time() + 3_000)
    assert upload.exists()
    sessions.sweep(time.time() + 3_700)
    assert not upload.exists()


def test_downloads_that_have_expired_can_be_asked_for_again(tmp_path):
    sessions = Sessions(tmp_path)
    (sessions.folder("ana") / "verdict.json").write_text("{}")
    sessions.sweep(time.time() + 570)
    sessions.sweep(time.time() + 9_000)
    assert list(tmp_path.iterdir()) == []
    assert sessions.folder("ana").is_dir()


def test_sweeping_leaves_what_lies_elsewhere(upload, tmp_path):
    (tmp_path / "mine.wav").write_bytes(b"sound")
    (upload.parents[1] / "link").symlink_to(tmp_path)
    Sessions(upload.parents[1]).sweep(time.time() + 9_000)
    assert (tmp_path / "mine.wav").exists()


def test_a_folder_that_vanishes_during_the_walk_ends_nothing(tmp_path):
    for name in "abc":
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "clip.wav").write_bytes(b"sound")
    walk = everything_below(tmp_path)
    first = next(walk)
    for name in "abc":
        shutil.rmtree(tmp_path / name)
    assert first.name == "clip.wav"
    assert {path.name for path in walk} <= {"a", "b", "c", "deep", "clip.wav"}
