"""One name for where to compute, checked before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from app import main as serve
from audiotok.__main__ import main as predict
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.device import resolve_device
from audiotok.errors import AudiotokError
from audiotok.reader.any_backbone import PeftReader
from audiotok.vocabulary import AudioVocabulary
from tests.conftest import random_bundle, tone

TASK = "task: mood\nlabels: [a, b]\nmulti_label: false\ndata_dir: nowhere\ncorpora: []\n"


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "best"),
    [(False, False, "cpu"), (False, True, "mps"), (True, True, "cuda")],
)
def test_auto_is_the_fastest_that_is_there(
    monkeypatch: pytest.MonkeyPatch, has_cuda: bool, has_mps: bool, best: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    monkeypatch.setattr(torch, "empty", lambda *_, device: None)
    assert resolve_device() == torch.device(best)


@pytest.mark.parametrize("name", ["cpu", "meta"])
def test_what_torch_can_use_is_taken_by_its_name(name: str) -> None:
    assert resolve_device(name) == torch.device(name)


@pytest.mark.parametrize("name", ["gpu", "", "cpu:x", "cuda:99", "mps:7", "../cpu"])
def test_what_is_not_there_is_one_sentence(name: str) -> None:
    with pytest.raises(AudiotokError, match=r"give auto"):
        resolve_device(name)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_classifier_computes_where_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
    codec: Codec,
    codec_folder: Path,
    vocabulary: AudioVocabulary,
    kind: str,
) -> None:
    """By torch's fake device, which keeps shapes only, so transformers' model is not asked."""
    monkeypatch.setattr(Codec, "fingerprint", codec.fingerprint)
    bundle = random_bundle(f"tiny/{kind}", codec, vocabulary, str(codec_folder))
    loaded = Classifier.load(bundle, device="meta")
    assert loaded.codec.device == loaded.reader.device == torch.device("meta")
    ids = loaded.builder.build("good news", ()).ids
    if kind == "bert":
        assert loaded.reader.logits([ids], "text_only").device == torch.device("meta")
        return
    given: list[torch.device] = []

    def look(_: object, __: object, inputs: dict[str, object]) -> None:
        given.extend(value.device for value in inputs.values() if torch.is_tensor(value))
        raise InterruptedError

    assert isinstance(loaded.reader, PeftReader)
    loaded.reader.model.register_forward_pre_hook(look, with_kwargs=True)
    with pytest.raises(InterruptedError):
        loaded.reader.logits([ids], "text_only")
    assert given == [torch.device("meta")] * 2


def test_no_device_is_one_sentence_on_every_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from train.__main__ import main as train

    config = tmp_path / "a.yaml"
    config.write_text(f"{TASK}work: {tmp_path}/runs\nout: {tmp_path}/out\n")
    commands = [
        (predict, ["predict", "clip.wav", "--device", "cuda:77"]),
        (predict, ["tokens", "clip.wav", "--device", "cuda:77"]),
        (serve, ["--device", "cuda:77"]),
        (train, ["run", str(config), "--device", "cuda:77"]),
    ]
    for command, arguments in commands:
        assert command(arguments) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "no device 'cuda:77'" in said


def test_encoding_does_without_reduced_precision(codec: Codec) -> None:
    """TensorFloat-32 would give other codes on another GPU."""
    seen = []
    hook = codec.model.encoder.register_forward_hook(
        lambda *_: seen.append(torch.backends.cudnn.allow_tf32)
    )
    before = torch.backends.cudnn.allow_tf32
    codec.encode(tone(0.3))
    hook.remove()
    assert seen == [False]
    assert torch.backends.cudnn.allow_tf32 == before
