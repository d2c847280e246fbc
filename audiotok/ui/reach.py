"""Under which address other machines see the app."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

import gradio as gr

EVERYWHERE = ("0.0.0.0", "::", "[::]")


class Reach:
    """Where the app can be opened from elsewhere, once it is served.

    Attributes
    ----------
    address : with a slash at its end; None where only this machine can open it.
    """

    def __init__(self) -> None:
        self.address: str | None = None

    def found(self, page: gr.Blocks) -> str | None:
        """Look at a launched page and return the address."""
        if page.share_url:
            self.address = page.share_url.rstrip("/") + "/"
        elif (hosts := machine_addresses()) and page.server_name in EVERYWHERE:
            self.address = f"{page.protocol}://{hosts[0]}:{page.server_port}/"
        return self.address


def machine_addresses() -> list[str]:
    """Return this machine's IPv4 addresses in its networks, the one it goes out from first."""
    found = [_outward()]
    with suppress(OSError):  # a name that the network does not know
        found += [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None)]
    return [host for host in dict.fromkeys(found) if _is_reachable(host)]


def _outward() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of no machine; nothing is sent
            return str(probe.getsockname()[0])
        except OSError:  # no network at all
            return ""


def _is_reachable(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.version == 4 and not address.is_loopback and not address.is_unspecified
