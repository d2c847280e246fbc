"""Gradient × input of a label's logit, by captum."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok.backbone import find_backbone, load_tokenizer
from audiotok.bundle import Bundle
from audiotok.reader.any_backbone import PeftReader
from audiotok.sequence import TokenSequence
from audiotok.shared_reading import Seeds


class GradientTimesInput:
    """Attributes the language model's logit of a label to the positions that it reads.

    Each position's embedding times the gradient of the logit with respect to it, summed over the
    embedding's dimensions (Shrikumar et al. 2016). The bag of tokens, where there is one, has no
    part in it.

    Parameters
    ----------
    bundle : whose adapters of the text+audio twin are read with.
    device : where it computes.
    """

    def __init__(self, bundle: Bundle, device: torch.device) -> None:
        folder = find_backbone(bundle.config.backbone)
        # The reader of BERT encoders is not differentiable; this one is of torch's modules.
        self._model = PeftReader(bundle, folder, load_tokenizer(str(folder)), device).model
        self._device = device
        self._seeds = bundle.config.seeds

    def __call__(
        self, sequence: TokenSequence, label: int, seeds: Seeds = None
    ) -> NDArray[np.float64]:
        """Return the attribution of every position, shape ``(n_positions,)``.

        Parameters
        ----------
        label : place of the label.
        seeds : places of the seeds that read, in the bundle's order, whose mean is taken; None
            takes all.
        """
        places = range(len(self._seeds)) if seeds is None else seeds
        found = [self._of_seed(sequence, label, self._seeds[place]) for place in places]
        return np.asarray(np.mean(found, axis=0))

    def _of_seed(self, sequence: TokenSequence, label: int, seed: int) -> NDArray[np.float64]:
        from captum.attr import LayerGradientXActivation

        ids = torch.from_numpy(sequence.ids)[None].to(self._device)
        adapter = f"text_audio_{seed}"

        def logits(ids: torch.Tensor) -> torch.Tensor:
            seen = torch.ones_like(ids)
            told = self._model(input_ids=ids, attention_mask=seen, adapter_names=[adapter])
            found: torch.Tensor = told.logits
            return found

        embeddings = self._model.get_base_model().get_input_embeddings()
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.filterwarnings("ignore", message=".*required_grads has not been set.*")
            warnings.filterwarnings("ignore", message=".*Gradients cannot be activated.*")
            parts = LayerGradientXActivation(logits, embeddings).attribute(ids, target=label)
        return np.asarray(parts[0].sum(dim=-1).detach().cpu().double().numpy())
