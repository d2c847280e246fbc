"""Tell Spanish from English, of which alone the words-only model has read much.

A language identifier of a library takes seconds to load; this decides over no more than a footnote.
"""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W\d_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The most frequent words of each language that the other does not have.
SPANISH = _words(
    """
    al algo alguien aquí así como con cuando de del dentro desde donde el ella ellos en entre era
    eres es esa ese eso esta este esto estoy está están fue ha hasta hay hola hoy la las le les lo
    los mañana mi mis mucho muy más nada nos nosotros nunca para pero poco por porque que quiero
    qué se sea ser si sido siempre sin sobre son soy su sus sé sí también tan te tengo tiene todo
    todos tu tus tú un una uno va vamos voy vuelven y ya yo él
    """
)
ENGLISH = _words(
    """
    about all am an and are as at be been but by can could did do does for from get go had has
    have he her here him his how i if in into is it its just know like may might must my not now
    of on or our out she should so than that the their them then there they this to too up us was
    we were what when where which who will with would you your
    """
)
LETTERS = frozenset("ñ¿¡áéíóúü")


def looks_spanish(text: str) -> bool:
    """Say whether a text has more marks of Spanish than of English: its words and its letters."""
    words = [word.lower() for word in WORD.findall(text)]
    spanish = sum(word in SPANISH or not LETTERS.isdisjoint(word) for word in words)
    spanish += not {"¿", "¡"}.isdisjoint(text)
    return spanish > sum(word in ENGLISH for word in words)
