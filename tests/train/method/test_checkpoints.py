"""A run that was killed goes on from its newest whole checkpoint, and ends as an unbroken one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.train.method.test_trainer import SETTINGS, HalfFrozen, Steady, learn

LASTING = SETTINGS.model_copy(update={"epochs": 5, "patience": 9})  # four steps an epoch
STOPPING = SETTINGS.model_copy(update={"epochs": 9, "patience": 4})
FILES = ["model.safetensors", "optimizer.pt", "scheduler.pt", "trainer_state.json", "rng_state.pth"]


class KilledError(Exception):
    """Stands for the end of the process."""


class BestEarly(Steady):
    """Validation is best after eight steps, and worse and worse from then on."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        loss, output = super().compute_loss(model, inputs, return_outputs=True)
        if not model.training:
            loss = loss + max(0, self.state.global_step - 8)
        return (loss, output) if return_outputs else loss


def killed_after(n_steps: int, kind: type[Steady] = Steady) -> type[Steady]:
    class KilledTrainer(kind):  # type: ignore[valid-type, misc]
        def training_step(self, *arguments: object, **options: object) -> Tensor:
            if self.state.global_step >= n_steps:
                raise KilledError
            return super().training_step(*arguments, **options)

    return KilledTrainer


def killed_at_the_end(kind: type[Steady]) -> type[Steady]:
    """Training is over, but the process ends before the best weights are read."""

    class KilledTrainer(kind):  # type: ignore[valid-type, misc]
        def _load_best_model(self) -> None:
            raise KilledError

    return KilledTrainer


def whole_run(folder: Path, settings: Any, kind: type[Steady]) -> tuple[HalfFrozen, Any]:
    model = HalfFrozen()
    return model, learn(model, folder / "in one go", kind, settings).state


def killed_run(folder: Path, kind: type[Steady], settings: Any = LASTING) -> Path:
    with pytest.raises(KilledError):
        learn(HalfFrozen(), folder, kind, settings)
    return folder / "checkpoints"


def steps_of(folder: Path) -> set[int]:
    return {int(path.name.split("-")[1]) for path in folder.iterdir()}


def assert_same_end(folder: Path, settings: Any = LASTING, kind: type[Steady] = Steady) -> None:
    expected, whole = whole_run(folder, settings, kind)
    model = HalfFrozen()
    state = learn(model, folder, kind, settings).state
    assert state.best_metric == pytest.approx(whole.best_metric, abs=1e-7)
    assert (state.best_global_step, state.global_step) == (
        whole.best_global_step,
        whole.global_step,
    )
    for name, value in expected.named_parameters():
        torch.testing.assert_close(model.get_parameter(name), value)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["cut", "deleted", "zeros"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    file, damage, tmp_path, caplog
) -> None:
    checkpoints = killed_run(tmp_path, killed_after(14))
    newest = checkpoints / "checkpoint-12"
    content = (newest / file).read_bytes()
    if damage == "deleted":
        (newest / file).unlink()
    else:
        half = content[: len(content) // 2]
        (newest / file).write_bytes(half if damage == "cut" else bytes(len(content)))
    assert_same_end(tmp_path)
    assert f"'{newest}' is damaged or was not written to its end" in caplog.text
    assert "afresh" not in caplog.text


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path) -> None:
    class KilledWhileWriting(Steady):
        def _save_rng_state(self, output_dir: str) -> None:
            if self.state.global_step == 12:
                raise KilledError
            super()._save_rng_state(output_dir)

    checkpoints = killed_run(tmp_path, KilledWhileWriting)
    assert (checkpoints / "checkpoint-12").is_dir()
    assert_same_end(tmp_path)


def test_where_no_checkpoint_is_whole_training_starts_afresh(tmp_path, caplog) -> None:
    for path in killed_run(tmp_path, killed_after(14)).glob("checkpoint-*/optimizer.pt"):
        path.write_bytes(b"")
    assert_same_end(tmp_path)
    assert caplog.text.count("No checkpoint in") == caplog.text.count("afresh") == 1


def test_a_lost_best_checkpoint_is_not_replaced_by_the_last_one(tmp_path) -> None:
    checkpoints = killed_run(tmp_path, killed_after(18, BestEarly))
    assert steps_of(checkpoints) == {8, 12, 16}
    (checkpoints / "checkpoint-8" / "model.safetensors").unlink()
    assert_same_end(tmp_path, kind=BestEarly)


def test_the_one_before_keeps_its_own_best(tmp_path) -> None:
    checkpoints = killed_run(tmp_path, killed_after(14))
    for checkpoint in sorted(checkpoints.iterdir())[-2:]:
        best = json.loads((checkpoint / "trainer_state.json").read_text())["best_global_step"]
        assert (checkpoints / f"checkpoint-{best}" / "files.json").is_file()
    assert len(steps_of(checkpoints)) <= 4


def test_a_work_folder_may_move(tmp_path) -> None:
    killed_run(tmp_path / "before", killed_at_the_end(BestEarly))
    shutil.move(tmp_path / "before", tmp_path / "after")
    assert_same_end(tmp_path / "after", kind=BestEarly)


def test_patience_is_not_renewed_by_a_kill(tmp_path) -> None:
    killed_run(tmp_path, killed_after(22, BestEarly), STOPPING)
    assert_same_end(tmp_path, STOPPING, BestEarly)
    _, state = whole_run(tmp_path, STOPPING, BestEarly)
    assert (state.best_global_step, state.global_step) == (8, 24)


def test_training_that_had_stopped_is_not_trained_further(tmp_path) -> None:
    killed_run(tmp_path, killed_at_the_end(BestEarly), STOPPING)
    assert_same_end(tmp_path, STOPPING, BestEarly)
