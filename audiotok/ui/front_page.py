"""Gradio's page, told which language it is in.

Gradio calls every page English, and takes the language of its own words, such as those of the
recorder, from the browser. So the page says both before Gradio's script begins.
"""

from __future__ import annotations

import json

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from audiotok.language import language

HEAD = b"<head>"
SAYS = """<script>
document.documentElement.lang = LANGUAGE;
for (const [name, value] of [["language", LANGUAGE], ["languages", [LANGUAGE]]])
  Object.defineProperty(navigator, name, { get: () => value });
</script>"""


class FrontPage:
    """Sends a page on when it is complete, with the language spoken here in its head."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        says = SAYS.replace("LANGUAGE", json.dumps(language())).encode()
        body = self._body.replace(HEAD, HEAD + says, 1)
        headers = MutableHeaders(raw=self._start["headers"])
        headers["content-length"] = str(len(body))
        headers.add_vary_header("accept-language")
        self._start["headers"] = headers.raw
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
