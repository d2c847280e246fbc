"""A model hub on this machine: as much of the real one's API as a download asks for."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

Refusal = tuple[int, str]  # HTTP status and the hub's own error code
Answer = tuple[int, dict[str, str], bytes]  # status, headers and body


@dataclass
class FakeHub:
    """Repositories by id, each a list of commits, the last of which is ``main``.

    Attributes
    ----------
    refuses : status and error code that every request gets.
    login_page : whether every request gets a page of HTML, as from a hotel's network.
    token : what has to be sent; anybody may read where it is None.
    asked : method and path of every request.
    """

    repositories: dict[str, list[dict[str, bytes]]] = field(default_factory=dict)
    refuses: Refusal | None = None
    login_page: bool = False
    token: str | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def push(self, repo_id: str, files: Path | Mapping[str, bytes]) -> str:
        """Add a commit; returns its hash."""
        if isinstance(files, Path):
            paths = [path for path in files.rglob("*") if path.is_file()]
            files = {path.relative_to(files).as_posix(): path.read_bytes() for path in paths}
        self.repositories.setdefault(repo_id, []).append(dict(files))
        return self._hash(repo_id, len(self.repositories[repo_id]) - 1)

    def fetched(self) -> set[str]:
        """The files that were asked for."""
        return {path.split("/", 5)[-1] for _, path in self.asked if "/resolve/" in path}

    def answer(self, path: str, authorization: str | None) -> Answer:
        """Status, headers and body for a path."""
        if self.login_page:
            return 200, {"Content-Type": "text/html"}, b"<html>Welcome to our hotel</html>"
        if self.refuses:
            return _error(*self.refuses)
        if self.token and authorization != f"Bearer {self.token}":
            return _error(401, "RepoNotFound")
        parts = path.strip("/").split("/")
        owner, name, *rest = parts[2:] if parts[:2] == ["api", "models"] else parts
        what, revision, *file = rest or ["revision", "main"]
        return self._read(f"{owner}/{name}", what, revision, "/".join(file))

    def _read(self, repo_id: str, what: str, revision: str, file: str) -> Answer:
        if repo_id not in self.repositories:
            return _error(404, "RepoNotFound")
        commit = self._commit(repo_id, revision)
        if commit is None:
            return _error(404, "RevisionNotFound")
        sha, files = self._hash(repo_id, commit), self.repositories[repo_id][commit]
        if what == "revision":
            return _json({"id": repo_id, "modelId": repo_id, "sha": sha, "siblings": []})
        if what == "tree":
            return _json([_entry(name, content) for name, content in files.items()])
        return 200, {"ETag": f'"{_oid(files[file])}"', "X-Repo-Commit": sha}, files[file]

    def _hash(self, repo_id: str, commit: int) -> str:
        return hashlib.sha1(f"{repo_id} {commit}".encode()).hexdigest()

    def _commit(self, repo_id: str, revision: str) -> int | None:
        last = len(self.repositories[repo_id]) - 1
        hashes = {self._hash(repo_id, commit): commit for commit in range(last + 1)}
        return {"main": last, **hashes}.get(revision)


def _error(status: int, code: str) -> Answer:
    return status, {"X-Error-Code": code}, b""


def _json(content: object) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _oid(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def _entry(path: str, content: bytes) -> dict[str, object]:
    return {"type": "file", "path": path, "size": len(content), "oid": _oid(content)}


@contextmanager
def serving(hub: FakeHub) -> Iterator[str]:
    """Serve a hub; gives its address. It also answers as a proxy would, for any other host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append((self.command, path))
            status, headers, body = hub.answer(path, self.headers.get("Authorization"))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the tests' output to themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
