"""Two processes share what a corpus costs, and both have what one process would have found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.numpy import load_file

from audiotok.audio import SAMPLE_RATE
from audiotok.bundle import Bundle
from audiotok.codec import Codec
from tests.conftest import tone
from tests.train.execution.launching import launch
from tests.train.sharing_processes import UNREADABLE, work

N_CLIPS = 7


@pytest.fixture
def folder(tmp_path: Path, bundle: Bundle) -> Path:
    for number in range(N_CLIPS):
        clip = tone(0.4 + 0.1 * (number % 3), 110.0 + 20 * number)
        soundfile.write(tmp_path / f"{number}.wav", clip, SAMPLE_RATE)
    (tmp_path / f"{UNREADABLE}.wav").write_bytes(b"no sound")
    bundle.save_pretrained(tmp_path / "bundle")
    return tmp_path


def test_two_processes_find_what_one_finds_and_each_does_its_part(
    folder, codec: Codec, codec_folder
) -> None:
    one = work(folder, codec, folder / "cache of one")
    launched = launch("tests.train.sharing_processes", folder, codec_folder, -1)
    assert launched.returncode == 0, launched.stderr
    first, second, alone = (
        load_file(folder / f"{name}.safetensors") for name in ("0", "1", "alone/found")
    )
    counts = [found.pop("done here") for found in (one, first, second, alone)]
    for found in (first, second, alone):
        assert found.keys() == one.keys()
        for name, expected in one.items():
            np.testing.assert_array_equal(found[name], expected)
    np.testing.assert_array_equal(counts[0], [N_CLIPS, N_CLIPS])
    np.testing.assert_array_equal(counts[1] + counts[2], counts[0])
    assert min(counts[1].min(), counts[2].min()) >= N_CLIPS // 2
    np.testing.assert_array_equal(counts[3], counts[0])  # what a stage does alone is not shared


def test_when_one_process_fails_to_encode_the_other_ends_too(folder, codec_folder) -> None:
    launched = launch("tests.train.sharing_processes", folder, codec_folder, 1)
    assert launched.returncode != 0
    assert "The helper fails while it encodes." in launched.stderr
    assert not list(folder.glob("*.safetensors"))
