"""Settings of the method's steps: training examples, bag of tokens, pre-training, fine-tuning."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from audiotok.bundle import Twin
from train.settings.base import ReportTo, Seeds, Strict


class TrainingExamplesConfig(Strict):
    """Composition of a seed's training examples.

    Attributes
    ----------
    n_augmented : augmented variants of every training clip (room, channel, speed and pitch).
    n_clips : clip variants that a seed's examples are drawn from, balanced over labels; null for
        all.
    relative : encode every clip also relative to a neutral clip of its speaker, where the codec
        takes references.
    min_token_keep_share : lower bound of the random share of its audio tokens that a training
        example keeps (token dropout).
    voice_only_share : share of the clips that are repeated without their words.
    n_pairs : pairs of a text without a recording and a clip of the same label, or of which one is
        neutral; the label is the other one's.
    n_texts : texts without a recording for the text-only twin, balanced over labels.
    """

    n_augmented: int = Field(0, ge=0)
    n_clips: int | None = Field(None, ge=1)
    relative: bool = False
    min_token_keep_share: float = Field(1.0, gt=0, le=1)
    voice_only_share: float = Field(0.5, ge=0, le=1)
    n_pairs: int = Field(0, ge=0)
    n_texts: int = Field(0, ge=0)


class BagOfTokensConfig(Strict):
    """Logistic regression on the histogram of all tokens, added to the language model's logits.

    Attributes
    ----------
    C : inverse strength of the L2 penalty on the scaled token shares.
    C_functionals : the same for the functionals.
    n_augmented : augmented variants of every training clip.
    reference_correction : factor of the reference's logits, less the mean logits of neutral clips,
        that is subtracted from a clip's.
    refit_on_all_splits : whether the shipped one is refitted on the clips of all speakers; the
        scored one is kept beside it.
    """

    C: float = Field(3e-5, gt=0)
    C_functionals: float = Field(3e-3, gt=0)
    n_augmented: int = Field(8, ge=0)
    reference_correction: float = Field(0.0, ge=0)
    refit_on_all_splits: bool = False


class EncoderProbeConfig(Strict):
    """Logistic regression on the mean state of Whisper's encoder, added to the other logits.

    Attributes
    ----------
    C : inverse strength of the L2 penalty on the scaled mean state.
    n_augmented, refit_on_all_splits : as those of ``BagOfTokensConfig``.
    """

    C: float = Field(1e-3, gt=0)
    n_augmented: int = Field(1, ge=0)
    refit_on_all_splits: bool = False


class PretrainConfig(Strict):
    """Embedding pre-training: only the new rows are trained.

    Attributes
    ----------
    row_init : initial rows: ``random``, or by ``lasso`` weights near the embeddings of the names
        of the classes that they indicate.
    mask_rate : share of the audio positions that are masked for an encoder.
    bf16 : compute in bfloat16 where the hardware does.
    backbone_dropout : whether the backbone drops what it was trained to drop.
    held_out : share of the sequences for validation.
    report_to : tracker that is told losses and scores as they come, beside the log.
    """

    epochs: float = Field(5, gt=0)
    learning_rate: float = Field(3e-4, gt=0)
    batch_size: int = Field(32, ge=1)
    warmup: float = Field(0.05, ge=0)
    patience: int = Field(3, ge=1)
    row_init: Literal["random", "lasso"] = "random"
    mask_rate: float = Field(0.3, gt=0, lt=1)
    bf16: bool = False
    backbone_dropout: bool = True
    held_out: float = Field(0.1, gt=0, lt=1)
    seed: int = Field(42, ge=0)
    report_to: ReportTo = "none"


class FinetuneConfig(Strict):
    """LoRA fine-tuning, once for each seed and twin.

    Attributes
    ----------
    targets : modules that LoRA adapts; null for peft's choice for the backbone.
    balance : exponent of the class weights: 1 fully balanced, 0 none.
    listen_epochs : epochs of the text+audio twin; null for ``epochs``.
    read_first : initialise the text+audio adapter of a seed from its text-only one.
    bf16 : compute in bfloat16 where the hardware does.
    backbone_dropout : whether the backbone drops what it was trained to drop; LoRA's own dropout
        is ``dropout``.
    report_to : tracker that is told losses and scores as they come, beside the log.
    """

    seeds: Seeds = (42, 100, 6)
    rank: int = Field(8, ge=1)
    alpha: int = Field(16, ge=1)
    dropout: float = Field(0.1, ge=0, lt=1)
    targets: list[str] | None = None
    epochs: float = Field(10, gt=0)
    listen_epochs: float | None = Field(None, gt=0)
    learning_rate: float = Field(1e-3, gt=0)
    batch_size: int = Field(32, ge=1)
    warmup: float = Field(0.05, ge=0)
    patience: int = Field(3, ge=1)
    balance: float = Field(1.0, ge=0)
    read_first: bool = False
    bf16: bool = False
    backbone_dropout: bool = True
    report_to: ReportTo = "none"

    def for_twin(self, twin: Twin) -> FinetuneConfig:
        """Return the settings of one twin, without those of the other one alone."""
        own: dict[str, Any] = {"read_first": False}
        if twin == "text_audio":
            own = {"epochs": self.listen_epochs or self.epochs}
        return self.model_copy(update={"listen_epochs": None, **own})
