from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from audiotok import backbone
from audiotok.bundle import Adapter
from audiotok.errors import DataError
from train.evaluation.metrics import top1_macro_f1
from train.method.finetuning import Row, Score, balanced_loss, class_weights, finetune
from train.method.trainer import AdapterTrainer, drop_nothing, warmup_steps
from train.settings.steps import FinetuneConfig

SURE_OF_FIRST = torch.tensor([[6.0, -6.0]])
UNDECIDED = torch.zeros(1, 2)
NEITHER = torch.zeros(1, 2)
WEIGHTS = torch.tensor([0.5, 2.0])


def test_a_neutral_row_of_exclusive_labels_wants_them_alike() -> None:
    def loss(logits: torch.Tensor) -> float:
        return balanced_loss(logits, NEITHER, WEIGHTS, multi_label=False).item()

    assert loss(UNDECIDED) == pytest.approx(np.log(2))
    assert loss(SURE_OF_FIRST) > 5
    assert loss(SURE_OF_FIRST) == pytest.approx(loss(-SURE_OF_FIRST))  # however rare either is


def test_a_neutral_row_of_several_labels_wants_none() -> None:
    def loss(logits: torch.Tensor) -> float:
        return balanced_loss(logits, NEITHER, WEIGHTS, multi_label=True).item()

    assert loss(torch.full((1, 2), -6.0)) < 0.01 < loss(UNDECIDED) < loss(torch.full((1, 2), 6.0))


def test_a_label_that_a_row_does_not_tell_of_costs_nothing() -> None:
    known = balanced_loss(
        SURE_OF_FIRST[:, :1], torch.tensor([[0.0]]), WEIGHTS[:1], multi_label=True
    )
    labels = torch.tensor([[0.0, torch.nan]])
    found = balanced_loss(SURE_OF_FIRST, labels, WEIGHTS, multi_label=True)
    assert found.item() == pytest.approx(known.item())
    nothing = balanced_loss(SURE_OF_FIRST, labels * torch.nan, WEIGHTS, multi_label=True)
    assert nothing.item() == 0
    told = np.array([[1.0, np.nan], [0.0, 1.0], [0.0, 0.0], [0.0, np.nan]])
    weights = class_weights(told, multi_label=True, balance=1.0)
    np.testing.assert_allclose(weights, [3, 1])


def test_rows_count_by_the_weight_of_their_label() -> None:
    logits = torch.cat([SURE_OF_FIRST, SURE_OF_FIRST])
    labels = torch.eye(2)
    found = balanced_loss(logits, labels, WEIGHTS, multi_label=False)
    assert found.item() == pytest.approx(12 * 2.0 / 2.5, abs=0.01)  # only the second is wrong


def test_a_backbone_that_drops_nothing_learns_from_the_same_pass_twice(backbones) -> None:
    tokenizer = backbone.load_tokenizer("tiny/bert")
    model = backbone.load_classifier("tiny/bert", 2, tokenizer).train()
    words = tokenizer("good", return_tensors="pt")

    def passes() -> list[torch.Tensor]:
        return [model(**words).logits for _ in range(2)]

    assert not torch.equal(*passes())
    drop_nothing(model)
    assert torch.equal(*passes())


def rows_of(tokenizer: Any, first_row: int, n: int) -> list[Row]:
    """Words and an audio token, of different lengths; either tells the label."""
    return [
        Row(
            input_ids=np.array(
                [*tokenizer(f"{('good', 'bad')[i % 2]} news {'the ' * (i % 5)}").input_ids]
                + [first_row + 2 + i % 2]
            ),
            labels=np.eye(2, dtype=np.int64)[i % 2],
        )
        for i in range(n)
    ]


def finetuned(
    folder: Path,
    hub_id: str = "tiny/bert",
    n: tuple[int, int] = (16, 6),
    macro_f1: Score = top1_macro_f1,
    **settings: Any,
) -> tuple[Adapter, dict[str, Any]]:
    tokenizer = backbone.load_tokenizer(hub_id)
    first_row = backbone.n_rows(backbone.load_classifier(hub_id, 2, tokenizer))
    train, validation = (rows_of(tokenizer, first_row, count) for count in n)
    options = {"rank": 2, "epochs": 3, "batch_size": 4, "patience": 9, "learning_rate": 0.02}
    recipe = FinetuneConfig(**options | settings)
    torch.manual_seed(0)
    start = torch.randn(4, 16)
    return finetune(
        hub_id,
        start,
        train,
        validation,
        recipe,
        folder,
        seed=3,
        multi_label=False,
        macro_f1=macro_f1,
    )


@pytest.mark.parametrize("hub_id", ["tiny/bert", "tiny/llama"])
def test_an_adapter_that_goes_on_ends_as_an_unbroken_one(hub_id, tmp_path, monkeypatch) -> None:
    step = AdapterTrainer.training_step

    def killed(trainer: Any, *arguments: Any, **options: Any) -> Any:
        if trainer.state.global_step == 10:
            raise KeyboardInterrupt
        return step(trainer, *arguments, **options)

    monkeypatch.setattr(AdapterTrainer, "training_step", killed)
    with pytest.raises(KeyboardInterrupt):
        finetuned(tmp_path, hub_id)
    (tmp_path / "checkpoints" / "checkpoint-8" / "adapter_model.safetensors").write_bytes(b"{")
    monkeypatch.setattr(AdapterTrainer, "training_step", step)
    adapter, facts = finetuned(tmp_path, hub_id)
    expected, whole = finetuned(tmp_path / "in one go", hub_id)
    assert facts == whole
    assert adapter.state.keys() == expected.state.keys()
    for name, value in expected.state.items():
        torch.testing.assert_close(adapter.state[name], value)


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_heads_and_rows_on_a_bf16_checkpoint_learn_in_float32(kind, tmp_path, backbones) -> None:
    halved = tmp_path / kind
    shutil.copytree(backbones / "tiny" / kind, halved)
    weights = load_file(halved / "model.safetensors")
    save_file(
        {name: value.bfloat16() for name, value in weights.items()},
        halved / "model.safetensors",
        {"format": "pt"},
    )
    config = json.loads((halved / "config.json").read_text())
    (halved / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    adapter, _ = finetuned(tmp_path, str(halved), epochs=1)
    assert {value.dtype for value in adapter.state.values()} == {torch.float32}
    assert any("audio_rows" in name for name in adapter.state)
    tokenizer = backbone.load_tokenizer(str(halved))
    asked = backbone.load_classifier(str(halved), 2, tokenizer, dtype=torch.bfloat16)
    assert asked.dtype == torch.bfloat16
    backbone.add_rows(asked, torch.randn(4, 16))
    assert asked.get_input_embeddings().audio_rows.weight.dtype == torch.float32
    ids = torch.tensor([[2, 5, asked.config.vocab_size + 1, 3]])
    with torch.no_grad():
        assert asked(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.shape == (1, 2)


@pytest.mark.parametrize("n", [(0, 4), (4, 0)])
def test_an_empty_split_is_told_in_a_sentence(n, tmp_path) -> None:
    with pytest.raises(DataError, match=f"there are {n[0]} and {n[1]};"):
        finetuned(tmp_path, n=n)


def test_one_batch_is_enough_to_learn_from(tmp_path) -> None:
    adapter, facts = finetuned(tmp_path, n=(1, 1), epochs=1)
    assert (facts["n_steps"], facts["n_train"], facts["n_validation"]) == (1, 1, 1)
    # LoRA's second half starts at zero, so that a step without a learning rate would show.
    assert all(v.abs().max() > 0 for name, v in adapter.state.items() if "lora_B" in name)


def test_training_that_comes_apart_is_told_in_a_sentence(tmp_path) -> None:
    with pytest.raises(DataError, match="macro_f1 was not a number in any evaluation"):
        finetuned(tmp_path, epochs=1, macro_f1=lambda *_: float("nan"))


@pytest.mark.parametrize(
    ("warmup", "n_steps", "expected"),
    [(0.05, 100, 5), (0.05, 1, 0), (0.5, 2, 1), (1.0, 1, 0), (3, 100, 3), (30, 10, 9), (0, 5, 0)],
)
def test_warm_up_leaves_a_step_to_learn_in(warmup, n_steps, expected) -> None:
    assert warmup_steps(warmup, n_steps) == expected


def test_class_weights_make_classes_count_alike() -> None:
    targets = np.array([[1, 0]] * 9 + [[0, 1]] * 3)
    single = class_weights(targets, multi_label=False, balance=1)
    assert (9 * single[0], 3 * single[1]) == pytest.approx((6, 6))
    assert class_weights(targets, multi_label=True, balance=1) == pytest.approx([1 / 3, 3])
    assert class_weights(targets, multi_label=True, balance=0) == pytest.approx([1, 1])
