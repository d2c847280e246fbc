"""Scripts of components, in the language of the page that they go to."""

from __future__ import annotations

import json
import re

from audiotok.language import language, translation
from audiotok.ui.templates import read

SAYS = re.compile(r'\bsay\(\s*("(?:[^"\\\n]|\\.)*")')


def script(*names: str) -> str:
    """Return files of this folder as one script, before them what it says things with.

    ``say("{n} tokens", { n })`` gives the text in the page's language, ``decimal(0.5, 2)`` a number
    as it is written there.
    """
    source = "\n".join(map(read, names))
    said = {text: translation(text, language()) for text in texts_of(source)}
    begin = read("saying.js").replace('"LANGUAGE"', json.dumps(language()))
    return begin.replace('"SAID"', json.dumps(said, ensure_ascii=False)) + source


def texts_of(source: str) -> list[str]:
    """Return the English texts that a script says."""
    return [json.loads(found) for found in SAYS.findall(source)]
