"""``--https``: a certificate of this machine's own, and a page that phones may open with it."""

from __future__ import annotations

import datetime
import ssl
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509

from audiotok.errors import AudiotokError
from audiotok.ui import certificate
from audiotok.ui.certificate import Certificate, machine_certificate
from audiotok.ui.reach import machine_addresses
from tests.page_server import ROOT, STARTS_WITHIN_S, free_port


def names_of(made: Certificate) -> set[str]:
    found = x509.load_pem_x509_certificate(made.path.read_bytes())
    said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(each) for each in said.get_values_for_type(x509.IPAddress)}
    return addresses | set(said.get_values_for_type(x509.DNSName))


def test_it_names_this_machine_and_only_its_owner_reads_the_key(tmp_path: Path):
    made = machine_certificate(tmp_path / "cache")
    assert {"localhost", "127.0.0.1", *machine_addresses()} <= names_of(made)
    assert stat.S_IMODE(made.key_path.stat().st_mode) == 0o600
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.path, made.key_path)


def test_it_is_kept_until_the_addresses_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = machine_certificate(tmp_path).path.read_bytes()
    assert machine_certificate(tmp_path).path.read_bytes() == first
    monkeypatch.setattr(certificate, "machine_addresses", lambda: ["192.168.7.7"])
    second = machine_certificate(tmp_path)
    assert second.path.read_bytes() != first
    assert "192.168.7.7" in names_of(second)


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem"])
def test_a_damaged_one_is_made_again(tmp_path: Path, broken: str):
    machine_certificate(tmp_path)
    (tmp_path / broken).write_bytes(b"nothing")
    made = machine_certificate(tmp_path)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.path, made.key_path)


def test_one_that_ends_soon_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(certificate, "LASTS", datetime.timedelta(days=3))
    first = machine_certificate(tmp_path).path.read_bytes()
    monkeypatch.undo()
    assert machine_certificate(tmp_path).path.read_bytes() != first


def test_a_folder_that_cannot_be_had_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AudiotokError, match="--https"):
        machine_certificate(tmp_path / "file" / "cache")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert certificate.cache_folder() == tmp_path / "audiotok"


def test_the_app_speaks_https_and_tells_phones_where(
    bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    bundle.save_pretrained(tmp_path / "mine")
    port, log = free_port(), tmp_path / "log.txt"
    command = [sys.executable, str(ROOT / "app.py"), "--https", "--port", str(port)]
    command += ["--bundle", str(tmp_path / "mine")]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        kept = tmp_path / "audiotok" / "certificate.pem"
        page = _once_it_answers(f"https://127.0.0.1:{port}/experiment", kept)
        assert "audiotok" in page
        for address in machine_addresses()[:1]:
            _once_told(log, f"For phones in this room:  https://{address}:{port}/experiment")
            _once_told(log, "▀")
    finally:
        process.terminate()
        process.wait(timeout=60)


def _once_it_answers(address: str, kept: Path) -> str:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            trusting = ssl.create_default_context(cafile=kept)
            with urllib.request.urlopen(address, timeout=10, context=trusting) as answer:
                return answer.read().decode()
        except (FileNotFoundError, urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def _once_told(log: Path, wanted: str) -> None:
    deadline = time.monotonic() + 30
    while wanted not in log.read_text(encoding="utf-8") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert wanted in log.read_text(encoding="utf-8")
