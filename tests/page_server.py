"""The page as its own process: with the fake classifier, or as shipped.

``python -m tests.page_server UPLOADS PORT MAX_UPLOAD_BYTES HEARS CERTIFICATES [TASK ...]`` serves
it with the fake classifier and a fake transcriber, over HTTPS where CERTIFICATES is a folder and
not "-"; the task "broken" has no model that loads.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_S = 180
ANY_CERTIFICATE = ssl._create_unverified_context()
LISTENS_FOR_S = 0.15  # what the fake classifier takes for a clip, so that people have to wait


@dataclass(frozen=True)
class Server:
    address: str
    pid: int
    uploads: Path
    log: Path

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def kill(self) -> None:
        """End it at once, and wait until it is gone; ``running`` still cleans up."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)


@contextmanager
def running(
    command: list[str], folder: Path, port: int, uploads: Path, scheme: str = "http"
) -> Iterator[Server]:
    """Run a command until the page that it serves answers; stop it in the end."""
    log = folder / "log.txt"
    environment = os.environ | {"GRADIO_HEARTBEAT_INTERVAL": "0.5", "PYTHONUNBUFFERED": "1"}
    environment |= {"HF_HUB_OFFLINE": "1"}  # on a machine with a network nothing is downloaded
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            address = f"{scheme}://127.0.0.1:{port}"
            _wait_for(address, process, log)
            yield Server(address, process.pid, uploads, log)
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def fake_page(
    folder: Path, *tasks: str, max_upload_bytes: int = 2_000_000_000, hears: str = "words"
) -> Iterator[Server]:
    """The page with the fake classifier; ``hears`` is one of ``TRANSCRIBERS``."""
    with fake_page_at(
        folder, free_port(), *tasks, max_upload_bytes=max_upload_bytes, hears=hears
    ) as server:
        yield server


@contextmanager
def fake_page_at(
    folder: Path,
    port: int,
    *tasks: str,
    max_upload_bytes: int = 2_000_000_000,
    hears: str = "words",
    certificates: Path | None = None,
) -> Iterator[Server]:
    """The page with the fake classifier, at a port of the caller's choice.

    Parameters
    ----------
    certificates : where the certificate is kept that it speaks HTTPS with; plain HTTP where None.
    """
    uploads = folder / "uploads"
    uploads.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.page_server", str(uploads), str(port)]
    command += [str(max_upload_bytes), hears, str(certificates or "-"), *tasks]
    scheme = "https" if certificates else "http"
    with running(command, folder, port, uploads, scheme) as server:
        yield server


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The page stopped at once:\n{log.read_text()}")
        try:
            urllib.request.urlopen(address, timeout=5, context=ANY_CERTIFICATE).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"The page did not answer:\n{log.read_text()}")


def _serve(
    uploads: str, port: str, max_upload_bytes: str, hears: str, certificates: str, *tasks: str
) -> None:
    os.environ["GRADIO_TEMP_DIR"] = uploads
    from audiotok.errors import BundleError
    from audiotok.ui.certificate import machine_certificate
    from audiotok.ui.models import Models
    from audiotok.ui.serve import serve
    from tests.fake_classifier import FakeClassifier, telling_bundle
    from tests.fake_whisper import TRANSCRIBERS

    def loader(task: str):
        def load() -> FakeClassifier:
            if task == "broken":
                raise BundleError("its weights are missing; download them again.")
            classifier = FakeClassifier(task, listens_for_s=LISTENS_FOR_S)
            if task == "emotion":  # the other one is older, and knows less
                classifier.bundle = telling_bundle(task)
            return classifier

        return load

    offered = tasks or ("emotion", "sentiment")
    models = Models({task: loader(task) for task in offered}, TRANSCRIBERS[hears]())
    certificate = None if certificates == "-" else machine_certificate(Path(certificates))
    serve(
        models,
        Path(uploads),
        "0.0.0.0",
        int(port),
        max_upload_bytes=int(max_upload_bytes),
        certificate=certificate,
    )


if __name__ == "__main__":
    _serve(*sys.argv[1:])
