"""What ``test_processes`` launches twice: a stage that both processes train, and one of them fails.

Arguments: folder, the rank that fails (or -1), and where: before, while or after training.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from audiotok.errors import DataError
from train.execution.stages import run_stage
from train.experiments.systems.neural import LearningSettings, pad
from train.experiments.systems.speech import _Fusion, _LstmHead
from train.method.finetuning import BalancedTrainer
from train.method.trainer import fit

SETTINGS = LearningSettings(epochs=3, batch_size=4, patience=9)
RNG = np.random.default_rng(0)
ROWS = [
    {
        "input_ids": range(3 + n % 5),
        "frames": (RNG.normal(size=(3 + n % 5, 4)) + n % 2).astype(np.float32),
        "labels": np.eye(2, dtype=np.int64)[n % 2],
    }
    for n in range(16)
]


def main(folder: Path, failing: str, where: str) -> int:
    fails = os.environ["RANK"] == failing

    class FailingTrainer(BalancedTrainer):
        def training_step(self, *arguments: Any, **options: Any) -> Tensor:
            if fails and where == "while" and self.state.global_step == 6:
                raise DataError("The helper fails while it trains.")
            return super().training_step(*arguments, **options)

    def build(place: Path) -> None:
        if fails and where == "before":
            raise DataError("The helper fails before it trains.")
        torch.manual_seed(0)
        model = _Fusion(_LstmHead(4, 3), None, 6, 2, 0.1)
        fit(
            model,
            SETTINGS,
            place,
            ROWS,
            ROWS[:6],
            collate,
            seed=1,
            metric="score",
            compute_metrics=lambda found: {"score": -float(np.square(found.predictions).mean())},
            trainer_class=FailingTrainer,
            weights=torch.ones(2),
            multi_label=False,
        )
        if fails and where == "after":
            raise DataError("The first process fails when training is over.")
        save_file(model.state_dict(), place / "model.safetensors")

    try:
        run_stage("train", folder, ["inputs"], build, collective=True)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def collate(rows: list[dict[str, Any]]) -> dict[str, Tensor]:
    frames, mask = pad([row["frames"] for row in rows])
    labels = torch.from_numpy(np.stack([row["labels"] for row in rows]))
    return {"frames": frames, "frames_mask": mask, "labels": labels}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
