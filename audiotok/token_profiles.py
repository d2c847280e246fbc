"""What tokens of an audio vocabulary stand for, measured in training: an optional file of a bundle.

``token_profiles.json`` holds one entry a token, in the vocabulary's order:

.. code-block:: json

    {"format": "audiotok-token-profiles",
     "classes": ["happiness", "neutral"],
     "tokens": [{"layer": 2, "code": 517, "n_occurrences": 1240, "pitch_semitones": 3.1,
                 "energy_db": 4.0, "tilt_db_per_octave": -6.2, "harmonicity": 0.71,
                 "shares": {"happiness": 0.4, "neutral": 0.1}, "entry_c": 0.004, "rank": 12}]}

A measure that a token has none of, such as the pitch of a voiceless one, is null.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiotok.errors import BundleError
from audiotok.language import mark
from audiotok.vocabulary import AudioVocabulary

TOKEN_PROFILES = "token_profiles.json"
NO_PROFILES = mark(
    "This bundle says nothing of what its tokens sound like: it has no file 'token_profiles.json', "
    "which training writes."
)

Measure = Annotated[float, Field(allow_inf_nan=False)] | None
Share = Annotated[float, Field(ge=0, le=1)]


class TokenProfile(BaseModel):
    """What one token stood for in the training clips; medians over its occurrences.

    Attributes
    ----------
    layer, code : which token; the code is that of the audio vocabulary.
    n_occurrences : how often it sounded.
    pitch_semitones : pitch, from the speaker's own median.
    energy_db : level, from the mean power of the clip.
    tilt_db_per_octave : slope of the spectrum; flatter, so nearer to zero, in a brighter voice.
    harmonicity : share of a frame's energy that is periodic, 0 to 1.
    shares : by class, the share of its occurrences if all classes were heard for as long; they
        add up to at most 1.
    entry_c : C of the lasso path, the inverse of its penalty, from which on the token is kept.
    rank : place in the order in which tokens enter the path, 1 for the first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    layer: Annotated[int, Field(ge=1)]
    code: Annotated[int, Field(ge=0)]
    n_occurrences: Annotated[int, Field(ge=0)]
    pitch_semitones: Measure = None
    energy_db: Measure = None
    tilt_db_per_octave: Measure = None
    harmonicity: Annotated[float, Field(ge=-1, le=1)] | None = None
    shares: dict[str, Share] = {}
    entry_c: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    rank: Annotated[int, Field(ge=1)] | None = None


class TokenProfiles(BaseModel):
    """The contents of ``token_profiles.json``.

    Attributes
    ----------
    classes : those that ``shares`` are by.
    tokens : one a token of the audio vocabulary, in its order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["audiotok-token-profiles"] = "audiotok-token-profiles"
    classes: tuple[str, ...]
    tokens: tuple[TokenProfile, ...]


def write_profiles(profiles: TokenProfiles, folder: Path) -> None:
    """Write the profiles into a bundle's folder."""
    content = profiles.model_dump_json(indent=1)
    (folder / TOKEN_PROFILES).write_text(content + "\n", encoding="utf-8")


def read_profiles(folder: Path) -> TokenProfiles | None:
    """Read the profiles of a bundle's folder; None where it has none.

    Raises
    ------
    BundleError
        When the file is malformed.
    """
    path = folder / TOKEN_PROFILES
    if not path.is_file():
        return None
    try:
        return TokenProfiles.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleError(f"'{TOKEN_PROFILES}' is wrong at '{where}': {first['msg']}.") from error
    except ValueError as error:
        raise BundleError(f"'{TOKEN_PROFILES}' is not JSON; write it again.") from error


def require_fit(profiles: TokenProfiles, vocabulary: AudioVocabulary) -> None:
    """Raise BundleError unless profiles are those of a vocabulary's tokens, in its order."""
    if tuple((each.layer, each.code) for each in profiles.tokens) != vocabulary.pairs:
        raise BundleError(
            f"'{TOKEN_PROFILES}' is not about the tokens of the bundle's audio vocabulary; "
            "write it again with this vocabulary."
        )
    for each in profiles.tokens:
        if not set(each.shares) <= set(profiles.classes) or sum(each.shares.values()) > 1 + 1e-6:
            raise BundleError(
                f"'{TOKEN_PROFILES}' has shares of the token <L{each.layer}:{each.code}> that are "
                "of no class of it, or add up to more than 1."
            )
