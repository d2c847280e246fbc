from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from audiotok.audio import Limits, read_audio
from audiotok.codec import Codec
from audiotok.errors import BundleError
from tests.conftest import tone

CORPORA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def chirp(duration_s: float) -> np.ndarray:
    """A sweep, no second of which is like another."""
    times = np.arange(round(duration_s * 16_000)) / 16_000
    return (0.3 * np.sin(2 * np.pi * (100 + 40 * times) * times)).astype(np.float32)


def test_the_shipped_codec_gives_real_clips_the_same_codes_in_any_order() -> None:
    paths = sorted(CORPORA.glob("ravdess/*/*.flac"))[::36]
    if len(paths) < 30:
        pytest.skip("needs RAVDESS in ../shared/data")
    codec = Codec.load()
    latents: list[np.ndarray] = []
    codec.model.encoder.register_forward_hook(lambda _, __, out: latents.append(out.numpy()))
    clips = [
        read_audio(path, Limits(max_s=30)).samples[: 8_000 * (1 + i % 2)]
        for i, path in enumerate(paths)
    ]
    first = [codec.encode(clip) for clip in clips]
    backwards = [codec.encode(clip) for clip in reversed(clips)]
    for codes, again in zip(first, reversed(backwards), strict=True):
        np.testing.assert_array_equal(again, codes)
    # A last bit of the latents changes a code in some thousand frames only: there must be none.
    half = len(clips)
    for heard, again in zip(latents[:half], reversed(latents[half:]), strict=True):
        np.testing.assert_array_equal(again, heard)


def test_shapes_frames_and_durations(codec) -> None:
    codes = codec.encode(tone(1.0))
    assert codes.shape == (8, 50)
    assert codes.min() >= 0
    assert codes.max() < codec.codebook_size
    assert codec.frame_s == 0.02
    assert codec.decode(codes).shape == (16_000,)


@pytest.mark.parametrize("duration_s", [0.5, 4.0, 4.02, 11.3])
def test_all_layers_decode_as_the_library_does_and_subsets_differ(codec, duration_s: float) -> None:
    codes = codec.encode(chirp(duration_s))
    theirs = codec.model.decode(torch.from_numpy(codes)[:, None])[0, 0].numpy()
    np.testing.assert_allclose(codec.decode(codes), theirs, atol=1e-5)
    without_second = codec.decode(codes, layers=[1, 3, 4, 5, 6, 7, 8])
    assert np.abs(without_second - theirs).max() > 1e-4
    with pytest.raises(BundleError, match="layers"):
        codec.decode(codes, layers=[0])


def test_level_does_not_change_codes(codec) -> None:
    clip = tone(0.5)
    np.testing.assert_array_equal(codec.encode(clip), codec.encode(0.25 * clip))


def test_a_published_checkpoint_without_the_extra_key_loads(codec, codec_folder, tmp_path) -> None:
    state = {k: v.float() for k, v in codec.model.state_dict().items()}
    torch.save(state, tmp_path / "SpeechTokenizer.pt")
    config = json.loads((codec_folder / "config.json").read_text())
    del config["input_peak"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    clip = tone(0.4)
    loud = 0.5 * clip / np.abs(clip).max()
    np.testing.assert_array_equal(Codec.load(tmp_path).encode(loud), codec.encode(loud))


def test_only_the_decoder_is_in_half_precision(codec_folder) -> None:
    files = [load_file(codec_folder / f"{part}.safetensors") for part in ("encoder", "codec")]
    for name, value in (files[0] | files[1]).items():
        decides_codes = name.startswith("encoder.") or name.endswith(".embed")
        assert value.dtype == (torch.float32 if decides_codes else torch.float16)


@pytest.mark.parametrize(
    "damage", ["no config", "no weights", "no encoder", "broken weights", "other sizes"]
)
def test_a_folder_that_is_no_codec_is_one_sentence(codec_folder, tmp_path, damage) -> None:
    folder = tmp_path / "codec"
    shutil.copytree(codec_folder, folder)
    if damage == "no config":
        (folder / "config.json").unlink()
    elif damage == "no weights":
        (folder / "codec.safetensors").unlink()
    elif damage == "no encoder":
        (folder / "encoder.safetensors").unlink()
    elif damage == "broken weights":
        (folder / "codec.safetensors").write_bytes(b"rubbish")
    else:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"dimension": 12}))
    with pytest.raises(BundleError) as error:
        Codec.load(folder)
    assert "\n" not in str(error.value)


def test_an_unknown_hub_id_is_one_sentence_without_a_network() -> None:
    with pytest.raises(BundleError, match="cannot be reached"):
        Codec.load("fnlp/SpeechTokenizer")
