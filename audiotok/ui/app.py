"""The page as a program: ``python app.py`` and ``audiotok app``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from audiotok.cli import Parser, run
from audiotok.device import AUTO, DEVICE_HELP
from audiotok.errors import AudiotokError

ABOUT = "Speak a sentence, see how the voice changes what a language model makes of it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until it is stopped; 0, or 2 with one sentence on stderr."""
    parser = Parser(description=ABOUT)
    add_options(parser)
    return run(parser, arguments)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the page's options, and ``serve_page`` as what it runs."""
    parser.set_defaults(command=serve_page)
    parser.add_argument("--host", help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=int, help="port to listen on; 7860 or the next free one")
    parser.add_argument(
        "--share", action="store_true", help="also make a public https address, through Gradio"
    )
    parser.add_argument(
        "--https",
        action="store_true",
        help="speak https to the whole network, with a certificate of this machine's own that "
        "browsers ask about once, so that phones in the room may record",
    )
    parser.add_argument(
        "--uploads-gb",
        type=float,
        default=2.0,
        help="disk that the uploads of all visitors may take together, and those of one address "
        "half of it; more are refused",
    )
    parser.add_argument("--bundle", help="folder or hub id of a bundle of your own")
    parser.add_argument("--device", default=AUTO, help=DEVICE_HELP)


def serve_page(options: argparse.Namespace) -> None:
    """Serve the page as ``add_options`` says, until the process is stopped.

    Raises
    ------
    AudiotokError
        When gradio, the bundle, the device or the port cannot be had.
    """
    for name in ("SIGTERM", "SIGHUP"):  # so that the files below go then too
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="audiotok-") as uploads:
        # Both are read when Gradio begins to work.
        os.environ["GRADIO_TEMP_DIR"] = uploads
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        _require_gradio()
        from audiotok.device import resolve_device
        from audiotok.ui.models import bundle_models, shipped_models
        from audiotok.ui.serve import serve

        device = str(resolve_device(options.device))
        bundle = options.bundle
        models = bundle_models(bundle, device) if bundle else shipped_models(device)
        room = int(options.uploads_gb * 1e9)
        host, certificate = options.host, None
        if options.https:
            from audiotok.ui.certificate import machine_certificate

            host, certificate = host or "0.0.0.0", machine_certificate()
        folder = Path(uploads)
        port, share = options.port, options.share
        serve(models, folder, host, port, share, room, certificate, announce)


def announce(address: str) -> None:
    """Print the address that phones open, with its QR code."""
    from audiotok.ui.board.links import qr_text

    told = f"* For phones in this room:  {address}experiment\n* For a teacher:  {address}board\n"
    code = qr_text(f"{address}experiment")
    with suppress(UnicodeEncodeError, LookupError):  # a console without block characters
        code.encode(sys.stdout.encoding or "ascii")
        told += code
    sys.stdout.write(told)
    sys.stdout.flush()


def _require_gradio() -> None:
    try:
        import gradio  # noqa: F401
    except ImportError as error:
        raise AudiotokError(
            f"The page needs gradio ({error}); install it with \"pip install 'audiotok[app]'\"."
        ) from error
