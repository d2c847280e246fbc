"""Base class of all settings: unknown keys are refused, renamed ones with their new name."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

# Keys of earlier versions, and what each is called now.
RENAMED = {
    "mixture": "training_examples",
    "least_kept": "min_token_keep_share",
    "voice_alone": "voice_only_share",
    "listener_share": "language_model_scale",
    "pairs_weight": "threshold_pair_weight",
    "bag": "bag_of_tokens",
    "plain_share": "reference_correction",
    "everyone": "refit_on_all_splits",
    "neutral_words": "words_carry_no_label",
    "start": "row_init",
    "hardening": "noise_robust_training",
}


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values or len(set(values)) < len(values):
        raise ValueError("name at least one, and each once")
    return values


def _installed(tracker: str) -> str:
    if tracker != "none" and find_spec(tracker) is None:
        raise ValueError(f"{tracker} is not installed; 'pip install {tracker}', or say none")
    return tracker


EachOnce = AfterValidator(_each_once)
Seeds = Annotated[tuple[Annotated[int, Field(ge=0, lt=2**32)], ...], EachOnce]
# Excluded from what is dumped, and so from every stage's key: no result depends on it.
ReportTo = Annotated[
    Literal["none", "tensorboard", "trackio", "wandb"],
    AfterValidator(_installed),
    Field(exclude=True),
]
Labels = Annotated[tuple[str, ...], EachOnce]


class Strict(BaseModel):
    """Model that refuses unknown keys, and keys of earlier versions with their new name."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_names(cls, given: Any) -> Any:
        for old in given if isinstance(given, dict) else ():
            if (new := RENAMED.get(old)) in cls.model_fields and old not in cls.model_fields:
                raise ValueError(f"'{old}' is called '{new}' now; rename it")
        return given
