from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from audiotok.errors import DataError
from train.experiments.systems.neural import LearningSettings
from train.method.trainer import AdapterTrainer, fit

SETTINGS = LearningSettings(epochs=3, batch_size=2, learning_rate=0.1)
ROWS = [{"input_ids": [n], "labels": n % 2} for n in range(8)]


class HalfFrozen(nn.Module):
    """A backbone that stays, and a head that learns to tell odd from even."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone = nn.Embedding(8, 4).requires_grad_(False)
        self.head = nn.Linear(4, 2)
        self.attention = "sdpa"

    def set_attn_implementation(self, name: str) -> None:
        self.attention = name

    def forward(self, input_ids: Tensor, labels: Tensor) -> Any:
        logits = self.head(self.backbone(input_ids[:, 0]))
        return SimpleNamespace(loss=nn.functional.cross_entropy(logits, labels), logits=logits)


class Steady(AdapterTrainer):
    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        output = model(**inputs)
        return (output.loss, vars(output)) if return_outputs else output.loss


class OutOfMemoryInTheThirdEpoch(Steady):
    def training_step(self, *arguments: Any, **options: Any) -> Tensor:
        if self.state.epoch is not None and self.state.epoch > 2:
            raise torch.OutOfMemoryError
        return super().training_step(*arguments, **options)


def learn(
    model: nn.Module, folder: Path, kind: type[AdapterTrainer], settings: Any = SETTINGS
) -> Any:
    def collate(rows: list[Any]) -> dict[str, Tensor]:
        return {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}

    return fit(
        model, settings, folder, ROWS, ROWS, collate, seed=1, metric="loss", trainer_class=kind
    )


def test_a_checkpoint_holds_what_learns_and_training_goes_on_from_it(tmp_path) -> None:
    with pytest.raises(DataError, match="memory"):
        learn(HalfFrozen(), tmp_path, OutOfMemoryInTheThirdEpoch)
    kept = load_file(tmp_path / "checkpoints" / "checkpoint-8" / "model.safetensors")
    assert set(kept) == {"head.weight", "head.bias"}

    model = HalfFrozen()
    assert learn(model, tmp_path, Steady).state.global_step == 12
    assert not (tmp_path / "checkpoints").exists()
    whole = HalfFrozen()
    learn(whole, tmp_path / "in one go", Steady)
    for name, value in whole.named_parameters():
        torch.testing.assert_close(value, model.get_parameter(name))


@pytest.mark.parametrize("in_hardware", [True, False])
def test_bf16_is_for_hardware_that_computes_in_it(tmp_path, monkeypatch, in_hardware) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(
        torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True, "amx_bf16": in_hardware}
    )
    settings = SETTINGS.model_copy(update={"bf16": True, "epochs": 1})
    model = HalfFrozen()
    assert learn(model, tmp_path, Steady, settings).args.bf16 is in_hardware
    assert (model.attention == "eager") is in_hardware


def test_figures_are_logged_and_nothing_is_printed(tmp_path, caplog, capsys) -> None:
    caplog.set_level("INFO")
    learn(HalfFrozen(), tmp_path, Steady)
    assert "eval_loss" in caplog.text
    assert capsys.readouterr().out == ""


def test_a_tracker_is_told_what_is_learned(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = SETTINGS.model_copy(update={"report_to": "tensorboard"})
    watched = HalfFrozen()
    assert learn(watched, tmp_path / "pretrain", Steady, settings).args.report_to == ["tensorboard"]
    events = EventAccumulator(str(tmp_path / "logs" / "pretrain")).Reload()
    assert len(events.Scalars("eval/loss")) == 3
    assert list((tmp_path / "pretrain").iterdir()) == []
    alone = HalfFrozen()
    assert learn(alone, tmp_path / "alone", Steady).args.report_to == []
    torch.testing.assert_close(watched.head.weight, alone.head.weight)
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["pretrain"]
