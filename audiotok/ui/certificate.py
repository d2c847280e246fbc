"""A certificate of this machine's own, so that phones in the room get a microphone."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from audiotok.errors import AudiotokError
from audiotok.ui.reach import machine_addresses

LASTS = datetime.timedelta(days=397)  # browsers take none that lasts longer
RENEWED_BEFORE = datetime.timedelta(days=14)


@dataclass(frozen=True)
class Certificate:
    """Files in PEM.

    Attributes
    ----------
    path : the certificate.
    key_path : its private key, which only its owner may read.
    """

    path: Path
    key_path: Path


def machine_certificate(folder: Path | None = None) -> Certificate:
    """Return a certificate for all addresses of this machine, made where there is none that fits.

    It is kept, so that a browser that has accepted it once knows it again.

    Parameters
    ----------
    folder : where it is kept; the user's cache where None.

    Raises
    ------
    AudiotokError
        When it cannot be written there.
    """
    folder = folder or cache_folder()
    kept = Certificate(folder / "certificate.pem", folder / "key.pem")
    names = machine_names()
    if _fits(kept, names):
        return kept
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(kept, names)
    except OSError as error:
        raise AudiotokError(
            f"The certificate cannot be written to '{folder}' ({error.strerror}); make that folder "
            "writable, or start without --https."
        ) from error
    return kept


def machine_names() -> tuple[str, ...]:
    """Return all names and addresses under which this machine is opened."""
    names = ["localhost", "127.0.0.1", *machine_addresses()]
    host = socket.gethostname()
    if host.isascii() and host:
        names += [host, f"{host.split('.')[0]}.local"]
    return tuple(dict.fromkeys(names))


def cache_folder() -> Path:
    """Return audiotok's folder in the user's cache, by the custom of the system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "audiotok"


def _fits(kept: Certificate, names: Sequence[str]) -> bool:
    try:
        found = x509.load_pem_x509_certificate(kept.path.read_bytes())
        key = serialization.load_pem_private_key(kept.key_path.read_bytes(), None)
        said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    held = {*said.get_values_for_type(x509.DNSName)}
    held |= {str(address) for address in said.get_values_for_type(x509.IPAddress)}
    lasts = found.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > RENEWED_BEFORE
    return lasts and set(names) <= held and key.public_key() == found.public_key()


def _write(kept: Certificate, names: Sequence[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    kept.key_path.unlink(missing_ok=True)  # an old one may be readable by others
    owner_only = os.open(kept.key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(owner_only, "wb") as file:
        file.write(pem)
    kept.path.write_bytes(_signed(key, names).public_bytes(serialization.Encoding.PEM))


def _signed(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "audiotok on this machine")])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
