"""Models from a hub that runs here, from one that is gone, and from a hostile one."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import audiotok
from audiotok import hub
from audiotok.bundle import Bundle
from audiotok.codec import Codec
from audiotok.errors import BundleError
from tests.fake_hub import FakeHub, serving
from tests.sounds import spoken

MINE = "somebody/mood"


@pytest.fixture
def fake_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub that is reached as the real one is, and an empty cache."""
    found = FakeHub()
    with serving(found) as address:
        use(monkeypatch, address, tmp_path / "cache")
        yield found


def use(monkeypatch: pytest.MonkeyPatch, address: str, cache: Path) -> None:
    """Point huggingface_hub to a hub, as HF_ENDPOINT and HF_HUB_CACHE do when it is imported."""
    from huggingface_hub import close_session, constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    lie_at(monkeypatch, address)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    close_session()  # its client keeps what it was made with


def lie_at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    from huggingface_hub import constants

    files = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub that refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    use(monkeypatch, f"http://127.0.0.1:{port}", tmp_path / "cache")


def sentence(error: pytest.ExceptionInfo[BundleError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def labelled(bundle: Bundle, task: str) -> Bundle:
    return replace(bundle, config=bundle.config.model_copy(update={"task": task}))


def push(fake_hub: FakeHub, bundle: Bundle, folder: Path) -> str:
    bundle.save_pretrained(folder)
    return fake_hub.push(MINE, folder)


def test_a_bundle_of_a_hub_predicts_and_only_its_files_are_fetched(
    fake_hub, bundle, codec, tmp_path
) -> None:
    folder = tmp_path / "mine"
    bundle.save_pretrained(folder)
    own = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    (folder / "optimizer.safetensors").write_bytes(b"x" * 1000)
    (folder / "text_only" / "seed_1" / "training.json").write_text("{}")
    (folder / "confusion.png").write_bytes(b"x")
    fake_hub.push(MINE, folder)
    found = audiotok.load(bundle=MINE, device="cpu").predict((16_000, spoken(0.6)), "good news")
    local = audiotok.load(bundle=folder, device="cpu").predict((16_000, spoken(0.6)), "good news")
    np.testing.assert_array_equal(found.text_audio.per_seed, local.text_audio.per_seed)
    assert fake_hub.fetched() == own


def test_what_was_pushed_again_is_seen_and_a_revision_stays(fake_hub, bundle, tmp_path) -> None:
    first = push(fake_hub, labelled(bundle, "old"), tmp_path / "mine")
    assert Bundle.from_pretrained(MINE).config.task == "old"
    push(fake_hub, labelled(bundle, "new"), tmp_path / "mine")
    assert Bundle.from_pretrained(MINE).config.task == "new"
    assert Bundle.from_pretrained(MINE, revision=first).config.task == "old"
    assert audiotok.load(bundle=MINE, device="cpu", revision=first).bundle.config.task == "old"


def test_what_is_cached_is_not_fetched_again(fake_hub, bundle, tmp_path) -> None:
    push(fake_hub, bundle, tmp_path / "mine")
    Bundle.from_pretrained(MINE)
    fake_hub.asked.clear()
    Bundle.from_pretrained(MINE)
    assert fake_hub.fetched() == set()


def test_a_codec_of_a_hub_has_revisions_too(fake_hub, codec, codec_folder, tmp_path) -> None:
    first = fake_hub.push("somebody/codec", codec_folder)
    fake_hub.push("somebody/codec", {"config.json": b"{}"})
    assert Codec.load("somebody/codec", revision=first).fingerprint == codec.fingerprint
    assert "README.md" not in fake_hub.fetched()
    with pytest.raises(BundleError, match="not a codec"):
        Codec.load("somebody/codec")


def test_a_token_opens_bundle_codec_and_backbone(
    fake_hub, bundle, codec_folder, backbones, tmp_path
) -> None:
    fake_hub.token = "hf_secret"
    elsewhere = {"codec": "somebody/codec", "backbone": "somebody/bert"}
    config = bundle.config.model_copy(update=elsewhere)
    fake_hub.push("somebody/codec", codec_folder)
    fake_hub.push("somebody/bert", backbones / "tiny" / "bert")
    push(fake_hub, replace(bundle, config=config), tmp_path / "mine")
    with pytest.raises(BundleError, match="give a token") as error:
        audiotok.load(bundle=MINE)
    assert sentence(error)
    loaded = audiotok.load(bundle=MINE, device="cpu", token="hf_secret")
    assert loaded.predict((16_000, spoken(0.6))).labels == bundle.config.labels


def test_a_proxy_is_the_way_to_the_hub(fake_hub, bundle, tmp_path, monkeypatch) -> None:
    """From behind one, no connection of one's own gets anywhere."""
    from huggingface_hub import constants

    monkeypatch.setenv("http_proxy", constants.ENDPOINT)
    lie_at(monkeypatch, "http://hub.invalid")
    push(fake_hub, bundle, tmp_path / "mine")
    assert Bundle.from_pretrained(MINE).config == bundle.config


@pytest.mark.parametrize("how", ["refused", "silent", "switched off", "busy", "down", "hotel"])
def test_what_is_cached_loads_without_the_hub(
    fake_hub, bundle, tmp_path, monkeypatch, how, caplog
) -> None:
    from huggingface_hub import constants

    push(fake_hub, bundle, tmp_path / "mine")
    Bundle.from_pretrained(MINE)
    fake_hub.asked.clear()
    monkeypatch.setattr(hub, "REACH_TIMEOUT_S", 0.2)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if how == "silent":  # connects, then never says a word
            listening.listen()
        if how in ("refused", "silent"):
            port = listening.getsockname()[1]
            lie_at(monkeypatch, f"http://127.0.0.1:{port}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", how == "switched off")
        fake_hub.refuses = {"busy": (429, ""), "down": (503, "")}.get(how)
        fake_hub.login_page = how == "hotel"
        assert Bundle.from_pretrained(MINE).config == bundle.config
        with pytest.raises(BundleError, match="cannot be reached") as error:
            Bundle.from_pretrained("somebody/else")
    assert sentence(error)
    if how == "switched off":
        assert not fake_hub.asked
    assert ("is looked for on this machine" in caplog.text) == (how != "switched off")


def test_another_revision_than_the_cached_one_is_not_taken_for_it(
    fake_hub, bundle, tmp_path, monkeypatch
) -> None:
    from huggingface_hub import constants

    push(fake_hub, bundle, tmp_path / "mine")
    Bundle.from_pretrained(MINE)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(BundleError, match="Revision 'v2' of 'somebody/mood' is not on this"):
        Bundle.from_pretrained(MINE, revision="v2")


def test_without_a_hub_the_answer_is_one_sentence(gone) -> None:
    with pytest.raises(BundleError, match="cannot be reached") as error:
        hub.fetch("nobody/nothing", ["*.json"])
    assert sentence(error)


def test_what_is_no_hub_id_is_said(gone) -> None:
    with pytest.raises(BundleError, match="neither a folder here nor a hub id"):
        hub.fetch("a/b/c d", ["*.json"])


def test_a_folder_has_no_revisions(bundle, codec_folder, tmp_path) -> None:
    bundle.save_pretrained(tmp_path)
    with pytest.raises(BundleError, match="is a folder here"):
        Bundle.from_pretrained(tmp_path, revision="main")
    with pytest.raises(BundleError, match="is a folder here"):
        Codec.load(codec_folder, revision="main")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((401, "RepoNotFound"), "shows you no 'somebody/mood'.*hf auth login"),
        ((404, "RepoNotFound"), "shows you no 'somebody/mood'"),
        ((404, "RevisionNotFound"), "has no revision 'v2'"),
        ((403, "GatedRepo"), "accepted its terms.*hf auth login"),
        ((403, ""), "could not be downloaded"),
    ],
)
@pytest.mark.parametrize("cached", [True, False])
def test_what_the_hub_says_no_to_is_one_sentence(
    fake_hub, bundle, tmp_path, refusal, said, cached
) -> None:
    """Also with an old copy here, which whoever asks for the hub's did not ask for."""
    push(fake_hub, bundle, tmp_path / "mine")
    if cached:
        Bundle.from_pretrained(MINE)
    fake_hub.refuses = refusal
    with pytest.raises(BundleError, match=said) as error:
        Bundle.from_pretrained(MINE, revision="v2")
    assert sentence(error)


def test_a_hub_that_breaks_off_is_one_sentence(fake_hub, bundle, tmp_path, monkeypatch) -> None:
    push(fake_hub, bundle, tmp_path / "mine")
    answer = fake_hub.answer

    def breaking(path: str, authorization: str | None):
        return (403, {}, b"") if "/resolve/" in path else answer(path, authorization)

    monkeypatch.setattr(fake_hub, "answer", breaking)
    with pytest.raises(BundleError, match="could not be downloaded") as error:
        Bundle.from_pretrained(MINE)
    assert sentence(error)


def test_a_hub_writes_nothing_outside_its_cache(fake_hub, bundle, tmp_path) -> None:
    bundle.save_pretrained(tmp_path / "mine")
    fake_hub.push(MINE, tmp_path / "mine")
    up = "/".join([".."] * 8)
    evil = f"text_only/seed_1/{up}/evil/adapter_config.json"
    fake_hub.repositories[MINE][0][evil] = json.dumps({"evil": True}).encode()
    with pytest.raises(BundleError) as error:
        Bundle.from_pretrained(MINE)
    assert sentence(error)
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"[1]"),
        ("config.json", b"\xff"),
        ("rows.safetensors", b"rubbish"),
        ("text_only/seed_1/adapter_config.json", b"[1]"),
        ("text_only/seed_1/adapter_config.json", b"no"),
        ("text_audio/seed_2/adapter_model.safetensors", b""),
        ("vocabulary.json", b"{}"),
        ("vocabulary.json", b"\xff"),
    ],
)
def test_what_a_hub_sends_is_checked_as_a_folder_is(
    fake_hub, bundle, tmp_path, name, content
) -> None:
    push(fake_hub, bundle, tmp_path / "mine")
    fake_hub.repositories[MINE][0][name] = content
    with pytest.raises(BundleError) as error:
        Bundle.from_pretrained(MINE)
    assert sentence(error)


def test_a_card_that_is_no_text_does_no_harm(fake_hub, bundle, tmp_path) -> None:
    push(fake_hub, bundle, tmp_path / "mine")
    fake_hub.repositories[MINE][0]["README.md"] = b"# A card \xff"
    assert Bundle.from_pretrained(MINE).card.startswith("# A card")
