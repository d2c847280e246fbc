from __future__ import annotations

import socket

import pytest

from audiotok import hub
from audiotok.errors import BundleError


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names resolve to nothing and every connection fails, as on a machine without a network."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_without_a_network_the_answer_is_one_sentence(no_network) -> None:
    assert not hub.hub_is_reachable()
    with pytest.raises(BundleError, match="cannot be reached") as error:
        hub.fetch("nobody/nothing", ["*.json"])
    assert "\n" not in str(error.value)


def test_switched_off_is_not_even_tried(monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("tried to connect"))
    assert not hub.hub_is_reachable()


def test_what_is_no_hub_id_is_said(no_network) -> None:
    with pytest.raises(BundleError, match="neither a folder here nor a hub id"):
        hub.fetch("a/b/c d", ["*.json"])


def test_a_gated_model_says_how_to_be_let_in(monkeypatch) -> None:
    import httpx
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError

    def refuse(repo_id: str, *, local_files_only: bool, **_: object) -> str:
        if local_files_only:
            raise FileNotFoundError("not here")
        answer = httpx.Response(403, request=httpx.Request("GET", "https://hub.example"))
        raise GatedRepoError("403 Forbidden", response=answer)

    monkeypatch.setattr(hub, "hub_is_reachable", lambda: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(BundleError, match=r"accepted its terms.*hf auth login") as error:
        hub.fetch("meta-llama/Llama-3.2-3B", ["*.json"])
    assert "\n" not in str(error.value)
