"""Changes that the command line makes to a config."""

from __future__ import annotations

from train.settings.task import RunConfig
from train.settings.yaml_files import Model


def trusting_pickles(config: Model) -> Model:
    """Return the config with ``trust_pickle`` set in every corpus."""
    return _of_corpora(config, trust_pickle=True)


def selecting_as_published(config: RunConfig) -> RunConfig:
    """Return the config with the paper's selection: its lasso, first channel, no augmentation."""
    examples = config.training_examples.model_copy(update={"n_augmented": 0, "relative": False})
    config = _of_corpora(config, first_channel=True)
    selection = config.selection.as_published()
    return config.model_copy(update={"selection": selection, "training_examples": examples})


def _of_corpora(config: Model, **update: bool) -> Model:
    lists = {
        name: [corpus.model_copy(update=update) for corpus in corpora]
        for name in ("corpora", "pretrain_corpora")
        if (corpora := getattr(config, name, ()))
    }
    return config.model_copy(update=lists)
