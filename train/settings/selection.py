"""Settings of the selection of audio tokens."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from train.settings.base import Strict

PUBLISHED_C = {False: 0.02, True: 0.03}  # by whether layer 1 is among the candidates
MAX_ITER = {"gap": 20_000, "saga": 1000}  # the latter as published


class SelectConfig(Strict):
    """How audio tokens are selected; the defaults are the paper's 7-layer configuration.

    Attributes
    ----------
    layers : 1-based layers whose tokens are candidates.
    C : inverse strength of the penalty.
    codes_per_layer : merge the entries of each codebook into this many codes by k-means; null for
        the codec's own.
    sounding : count only the frames in which something sounds, where the codec tells them, so that
        pauses are not told from one another.
    merge_repeats : a token that lasts several frames is one token of the sequence.
    min_frames : shortest duration of such a token that counts.
    threshold : keep tokens whose summed absolute coefficient is at least the mean over all
        columns (scikit-learn's SelectFromModel), or at least this number.
    n_tokens : keep this many tokens with the largest coefficients instead.
    words : add the text's bag of words as columns, so that tokens must add to what words tell.
    train_share : stratified share of the training clips in the fit.
    path : factors of ``C`` whose fits are reported beside the selection.
    random : control: as many tokens, drawn at random among those that occur.
    solver : ``gap`` solves to a stated duality gap; ``saga`` is scikit-learn's, as in the published
        code, whose result depends on where it was stopped.
    gap : relative duality gap to reach.
    max_iter : steps of ``gap`` or passes of ``saga`` before it gives up; null for 20,000 steps, or
        for 1,000 passes as in the published code.
    """

    layers: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8)
    C: float = Field(0.02, gt=0)
    codes_per_layer: int | None = Field(None, ge=2)
    sounding: bool = False
    merge_repeats: bool = False
    min_frames: int = Field(1, ge=1)
    threshold: Literal["mean"] | float = "mean"
    n_tokens: int | None = Field(None, ge=1)
    words: bool = False
    train_share: float = Field(0.8, gt=0, le=1)
    path: list[float] = []
    seed: int = 42
    random: bool = False
    solver: Literal["gap", "saga"] = "gap"
    gap: float = Field(1e-4, gt=0)
    max_iter: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _durations_need_merging(self) -> SelectConfig:
        if self.min_frames > 1 and not self.merge_repeats:
            raise ValueError("'min_frames' needs 'merge_repeats: true'")
        return self

    @property
    def n_iter(self) -> int:
        """Maximum number of steps or passes of the solver."""
        return self.max_iter or MAX_ITER[self.solver]

    def as_published(self) -> SelectConfig:
        """Return the published settings for these layers: C, threshold, share, solver.

        C is .02 without the first layer and .03 with it, as published for AFC.
        """
        return SelectConfig(
            layers=self.layers,
            C=PUBLISHED_C[1 in self.layers],
            random=self.random,
            solver="saga",
        )
