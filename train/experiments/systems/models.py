"""Location of a model's weights: a folder, or a hub id."""

from __future__ import annotations

from pathlib import Path

from audiotok import backbone, hub


def find_model(source: str) -> Path:
    """Return the folder of a model's files; weights as safetensors where there are any.

    Raises
    ------
    BundleError
        When the model is neither local nor available on the hub.
    """
    folder = backbone.find_backbone(source)
    if any(folder.glob("*.safetensors")):
        return folder
    # transformers reads these with weights_only, so they run no code.
    return folder if any(folder.glob("*.bin")) else hub.fetch(source, [*backbone.FILES, "*.bin"])
