"""What can be known before hours of work is said before them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from audiotok.backbone import find_backbone
from audiotok.bundle import Bundle, is_bundle
from audiotok.errors import AudiotokError, DataError
from train.bundles.preflight import check_layers
from train.execution.folders import check_output, check_writable
from train.method.backbone_outline import backbone_digest, check_adapters, check_weights, outline
from train.settings.steps import FinetuneConfig


def test_the_outline_of_a_backbone_is_what_its_weights_will_be(backbones) -> None:
    from audiotok import backbone

    for name in ("tiny/bert", "tiny/roberta", "tiny/llama"):
        tokenizer = backbone.load_tokenizer(name)
        model = backbone.load_classifier(name, 3, tokenizer)
        found = outline(name, 3)
        assert found.n_rows == backbone.n_rows(model)
        assert found.longest == backbone.longest_sequence(model, tokenizer)
        shapes = {key: value.shape for key, value in model.named_parameters()}
        assert {key: value.shape for key, value in found.model.named_parameters()} == shapes
        assert {value.device.type for value in found.model.parameters()} == {"meta"}


@pytest.mark.parametrize("name", ["tiny/bert", "tiny/roberta", "tiny/llama"])
def test_modules_that_lora_should_adapt_must_be_there(name: str) -> None:
    check_adapters(name, 2, FinetuneConfig())
    with pytest.raises(AudiotokError, match="LoRA cannot adapt the backbone tiny"):
        check_adapters(name, 2, FinetuneConfig(targets=["Wqkv"]))


def test_weights_that_are_missing_or_cut_short_are_named(backbones, tmp_path) -> None:
    copy = tmp_path / "backbone"
    copy.mkdir()
    for path in find_backbone("tiny/bert").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    check_weights(str(copy))
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(AudiotokError, match=r"lacks its file 'model\.safetensors'"):
        check_weights(str(copy))
    weights.unlink()
    with pytest.raises(AudiotokError, match=r"lacks its file 'model\.safetensors'"):
        check_weights(str(copy))


def test_a_backbone_of_other_weights_is_another_one(backbones, tmp_path) -> None:
    digests = []
    for name in ("one", "two"):
        copy = tmp_path / name
        copy.mkdir()
        for path in find_backbone("tiny/bert").iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        if name == "two":
            state = load_file(copy / "model.safetensors")
            save_file({k: v + 1 for k, v in state.items()}, copy / "model.safetensors")
        digests.append(backbone_digest(str(copy)))
    assert digests[0] == backbone_digest("tiny/bert")
    assert digests[0] != digests[1]


def test_layers_are_those_of_the_codec() -> None:
    check_layers((1, 8), 8)
    for layers in ((0, 1), (2, 9)):
        with pytest.raises(DataError, match="the codec has layers 1 to 8"):
            check_layers(layers, 8)


def test_a_bundle_goes_into_an_empty_folder_or_over_a_bundle(tmp_path, bundle: Bundle) -> None:
    check_output(tmp_path / "new" / "deep", "bundle", is_bundle)
    check_output(tmp_path, "bundle", is_bundle)
    bundle.save_pretrained(tmp_path / "bundle")
    check_output(tmp_path / "bundle", "bundle", is_bundle)
    home = tmp_path / "home"
    home.mkdir()
    (home / "README.md").write_text("my thesis")
    with pytest.raises(DataError, match="holds files but no bundle"):
        check_output(home, "bundle", is_bundle)
    assert not (tmp_path / "new").exists()


def test_where_nothing_can_be_written_is_said(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file' is a file \('work'\)"):
        check_writable(tmp_path / "file" / "runs", "work")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DataError, match="name another 'out'"):
        check_writable(Path(tmp_path) / "out", "out")
