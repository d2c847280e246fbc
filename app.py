"""The page: speak a sentence, see how the voice changes what a language model makes of it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until it is stopped; 0, or 2 with one sentence on stderr."""
    options = _options(arguments)
    for name in ("SIGTERM", "SIGHUP"):  # so that the files below go then too
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="audiotok-") as uploads:
        # All are read when Gradio and PyTorch begin to work.
        os.environ["GRADIO_TEMP_DIR"] = uploads
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")  # summed up after every event
        from audiotok.errors import AudiotokError
        from audiotok.memory import keep_few_shapes
        from audiotok.ui.models import bundle_models, shipped_models
        from audiotok.ui.serve import serve

        keep_few_shapes()
        try:
            models = bundle_models(options.bundle) if options.bundle else shipped_models()
            room = int(options.uploads_gb * 1e9)
            serve(models, Path(uploads), options.host, options.port, options.share, room)
        except AudiotokError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=int, help="port to listen on; 7860 or the next free one")
    parser.add_argument(
        "--share", action="store_true", help="also make a public https address, through Gradio"
    )
    parser.add_argument(
        "--uploads-gb",
        type=float,
        default=2.0,
        help="disk that the uploads of all visitors may take together; more are refused",
    )
    parser.add_argument("--bundle", help="folder or hub id of a bundle of your own")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
