"""Model cards with Hugging Face metadata, from Jinja templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

FIRST = ["license", "license_name", "base_model", "library_name", "pipeline_tag", "tags"]


def fill_in(template: Path, metadata: Mapping[str, Any], **facts: Any) -> str:
    """Render a Jinja template as a model card.

    Parameters
    ----------
    template : Markdown that begins with the block of metadata, ``{{ card_data }}``.
    metadata : fields of ``huggingface_hub.ModelCardData``.
    facts : the template's other variables.
    """
    data = ModelCardData(**metadata)
    data.to_yaml(original_order=FIRST)  # also keeps that order from here on
    card = ModelCard.from_template(data, template_path=str(template), **facts)
    return f"{card.content.rstrip()}\n"
