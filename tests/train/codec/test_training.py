from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

import train
from audiotok.acoustics.measures import MEASURES, Sound, pitch
from audiotok.acoustics.taught_dimensions import TaughtDimensions, TaughtMeasure
from audiotok.audio import SAMPLE_RATE
from audiotok.codec import Codec
from audiotok.errors import DataError
from tests.conftest import CODEC_CONFIG, tone
from train.__main__ import main
from train.codec import teachers
from train.codec.learner import CodecLearner
from train.codec.segments import Segments
from train.codec.settings import CodecConfig
from train.codec.taught_latents import taught_loss
from train.codec.voices import Voice
from train.codec.whitening import whiten
from train.settings.yaml_files import read_config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path)


def write_config(folder: Path) -> Path:
    """Four speakers of a second each, and the config of a codec that learns from three of them."""
    for speaker in range(4):
        speech = folder / "speech" / f"s{speaker}"
        speech.mkdir(parents=True, exist_ok=True)
        soundfile.write(speech / "a.flac", tone(1.0, 100 + 40 * speaker), SAMPLE_RATE)
    content = {
        "data_dir": str(folder),
        "out": str(folder / "codec"),
        "work": str(folder / "work"),
        "corpora": [{"reader": "librispeech", "root": "speech", "splits": {"test": ["s3"]}}],
        "model": CODEC_CONFIG,
        "noise_share": 0.5,
        "steps": 12,
        "batch_size": 2,
        "segment_s": 0.32,
        "kmeans_frames": 100,
        "revive_every": 3,
        "revive_below": 2.0,
        "checkpoint_every": 3,  # the codebooks start at step 4, between two checkpoints
        "noise_robust_training": {"steps": 4, "batch_size": 2, "segment_s": 0.3},
    }
    path = folder / "codec.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run from its first step to its last."""
    folder = tmp_path_factory.mktemp("trained")
    assert main(["codec", str(write_config(folder))]) == 0
    return folder


def train_until(last_step: int, config: Path) -> None:
    """Train, and be killed as this step begins."""
    step = CodecLearner.train_step

    def killed(run, wave):
        if run.step == last_step:
            raise KeyboardInterrupt
        return step(run, wave)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CodecLearner, "train_step", killed)
        assert main(["codec", str(config)]) == 130


@pytest.fixture(scope="module")
def killed_late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was killed after its checkpoints of steps 6 and 9."""
    folder = tmp_path_factory.mktemp("killed")
    train_until(11, write_config(folder))
    return folder


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps that were begun, as they are."""
    step, found = CodecLearner.train_step, []
    monkeypatch.setattr(
        CodecLearner, "train_step", lambda run, wave: found.append(run.step) or step(run, wave)
    )
    return found


def test_training_ends_in_a_codec_with_a_card(trained) -> None:
    codes = Codec.load(trained / "codec").encode(tone(1.0))
    assert codes.shape == (8, 50)
    card = (trained / "codec" / "README.md").read_text()
    assert "speech (1 clips" in card
    assert "on 3 clips" in card
    assert "learned for 4 steps" in card
    assert "| 1 to 8 |" in card


def test_codecs_are_reported_and_probed_beside_each_other(trained, codec_folder, capsys) -> None:
    config = str(trained / "codec.yaml")
    assert main(["codec-report", config]) == 0
    alone = capsys.readouterr().out
    codecs = ["--codec", str(trained / "codec"), str(codec_folder)]
    assert main(["codec-report", config, *codecs]) == 0
    both = capsys.readouterr().out
    column = [line.split("|")[2] for line in alone.splitlines() if line.startswith("| 1 to ")]
    beside = [line.split("|")[2] for line in both.splitlines() if line.startswith("| 1 to ")]
    assert len(column) == 7
    assert beside == column
    assert f"log-mel L1, {codec_folder}" in both
    assert main(["codec-probe", config, *codecs]) == 0
    probed = capsys.readouterr().out
    assert probed.count("| layers | pitch, R² | energy, R² |") == 2
    assert probed.count("| 2 to 8 |") == 2


def test_the_plain_config_differs_from_the_shipped_one_in_its_teachers() -> None:
    configs = Path(train.__file__).parent / "configs"
    ours, plain = (
        read_config(configs / f"{n}.yaml", CodecConfig) for n in ("codec", "codec-plain")
    )
    changed = {name for name, value in ours if getattr(plain, name) != value}
    assert changed == {"out", "work", "teachers"}
    assert plain.teachers == ()
    assert "assets" not in plain.out.parts


@pytest.mark.parametrize("named", ["content", None])
def test_a_codec_takes_a_reference_only_from_its_teachers(config, tmp_path, named) -> None:
    settings = yaml.safe_load(config.read_text())
    model = settings["model"] | {"dimension": 16, "semantic_dimension": 16}
    few = settings | {"teachers": [named] if named else [], "model": model, "steps": 6}
    config.write_text(yaml.safe_dump(few))
    assert main(["codec", str(config)]) == 0
    assert Codec.load(tmp_path / "codec").takes_reference == bool(named)
    taught = "taught layer 1 content" in (tmp_path / "codec" / "README.md").read_text()
    assert taught == bool(named)


def same_codec(one: Path, other: Path) -> None:
    ours, theirs = Codec.load(one / "codec"), Codec.load(other / "codec")
    assert ours.config == theirs.config
    for name, value in ours.model.state_dict().items():
        torch.testing.assert_close(theirs.model.state_dict()[name], value, atol=1e-5, rtol=1e-4)


def test_a_killed_run_goes_on_and_ends_in_the_same_codec(config, tmp_path, trained, begun) -> None:
    train_until(5, config)
    begun.clear()
    assert main(["codec", str(config)]) == 0
    assert begun == list(range(3, 12))
    same_codec(tmp_path, trained)


@pytest.mark.parametrize("damage", ["cut", "deleted", "zeros"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    config, tmp_path, killed_late, trained, begun, caplog, damage
) -> None:
    shutil.copytree(killed_late / "work", tmp_path / "work")
    newest = tmp_path / "work" / "checkpoint.pt"
    content = newest.read_bytes()
    if damage == "deleted":
        newest.unlink()
    else:
        half = len(content) // 2
        newest.write_bytes(
            content[:half] + (bytes(2000) + content[half + 2000 :]) * (damage != "cut")
        )
    assert main(["codec", str(config)]) == 0
    assert begun == list(range(6, 12))
    assert ("is damaged or was not written" in caplog.text) == (damage != "deleted")
    same_codec(tmp_path, trained)


def test_a_checkpoint_of_another_config_is_not_gone_on_from(config, tmp_path, begun) -> None:
    settings = yaml.safe_load(config.read_text()) | {"noise_robust_training": None, "steps": 3}
    config.write_text(yaml.safe_dump(settings))
    assert main(["codec", str(config)]) == 0
    assert begun == list(range(3))
    begun.clear()
    assert main(["codec", str(config)]) == 0
    assert begun == []
    config.write_text(yaml.safe_dump(settings | {"learning_rate": 2e-3}))
    assert main(["codec", str(config)]) == 0
    assert begun == list(range(3))
    begun.clear()
    soundfile.write(tmp_path / "speech" / "s0" / "a.flac", tone(1.0, 333), SAMPLE_RATE)
    assert main(["codec", str(config)]) == 0
    assert begun == list(range(3))


def test_whitening_evens_out_the_latents_and_changes_no_sound(config) -> None:
    settings = read_config(config, CodecConfig).model_copy(update={"whitening": 1.0})
    run = CodecLearner(settings, torch.device("cpu"))
    waves = torch.from_numpy(np.stack([tone(1.0, hz) for hz in (90, 150, 260)]))[:, None]
    with torch.no_grad():
        latents = run.model.encoder(waves)
        before = run.model.decoder(latents)
        frames = whiten(run.model, latents.transpose(1, 2).flatten(0, 1), 0, settings.whitening)
        after = run.model.encoder(waves)
        torch.testing.assert_close(run.model.decoder(after), before, atol=2e-3, rtol=2e-2)
        torch.testing.assert_close(
            after.transpose(1, 2).flatten(0, 1), frames, atol=2e-3, rtol=2e-2
        )
    torch.testing.assert_close(frames.std(dim=0), torch.ones(8), atol=0.1, rtol=0.1)


def test_unused_codes_come_back(config) -> None:
    run = CodecLearner(read_config(config, CodecConfig), torch.device("cpu"))
    latents = torch.randn(4, 8, 50)
    codebook = run.codebooks.layers[0]
    codebook.embed.copy_(torch.randn(16, 8))
    codebook.embed[3] = 100.0  # far from everything
    codebook.cluster_size.fill_(1.0)
    codebook.cluster_size[3] = 0.0
    run.codebooks.revive(latents, 0.06, np.random.default_rng(0))
    used = codebook.quantize(latents.transpose(1, 2).flatten(0, 1))
    assert 3 in used


@pytest.fixture
def glide() -> np.ndarray:
    """A voice-like sound that rises by an octave, in a room that is never quite silent."""
    hz = np.concatenate([np.full(8000, 120.0), np.geomspace(120, 240, 16000), np.full(8000, 240.0)])
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1
    room = 0.01 * np.random.default_rng(0).standard_normal(40000)
    return (np.pad(voice, 4000) + room).astype(np.float32)


@pytest.mark.parametrize(
    ("teacher", "n_columns"), [("content", 12), ("pitch", 4), ("energy", 4), ("quality", 5)]
)
def test_only_the_energy_hears_the_level(glide, teacher, n_columns) -> None:
    soft, loud = (MEASURES[teacher](Sound(gain * glide)) for gain in (1, 2))
    assert soft.values.shape == (len(glide) // 320, n_columns)
    louder = loud.values - soft.values
    raised = np.zeros(n_columns)
    if teacher == "energy":
        raised[0] = 2 * np.log(2) * np.sqrt(40)  # the sum of 40 bands over the root of 40
        np.testing.assert_allclose(loud.level[0] - soft.level[0], raised[0], atol=0.05)
    np.testing.assert_allclose(louder, np.tile(raised, (len(louder), 1)), atol=0.05)


def test_pitch_follows_the_voice_and_where_it_goes(glide) -> None:
    measured = pitch(Sound(glide))
    octaves, voicing, rising, _ = measured.values.T
    assert voicing[20:100].min() > 0.9
    assert octaves[25] == pytest.approx(np.log2(120), abs=0.1)
    assert octaves[95] == pytest.approx(np.log2(240), abs=0.1)
    assert measured.level[0] == pytest.approx(np.log2(120) + 0.5, abs=0.1)
    assert rising[60] == pytest.approx(8 * 0.02, abs=0.05)  # an octave a second, over 160 ms


def test_teachers_stand_silence_and_the_shortest_clip() -> None:
    for measure in MEASURES.values():
        assert np.isfinite(measure(Sound(np.zeros(16000, np.float32))).values).all()
        assert len(measure(Sound(tone(0.2))).values) == 10


def test_a_lesson_is_white_and_divides_the_dimensions(glide) -> None:
    clips = [glide, tone(1.0), tone(1.5, 180)]
    taught, targets = teachers.prepare(["content", "pitch"], clips)
    assert taught.slices == (slice(0, 12), slice(12, 16))
    assert [len(target.frames) for target in targets] == [125, 50, 75]
    relative = np.concatenate([target.frames + target.step for target in targets])
    np.testing.assert_allclose(np.cov(relative.T)[:12, :12], np.eye(12), atol=0.15)
    assert teachers.prepare([], [glide])[1][0].frames.shape == (125, 0)


def test_a_segment_is_the_same_whenever_it_is_asked_for_and_moves_back_for_the_decoder(
    config,
) -> None:
    settings = read_config(config, CodecConfig).model_copy(update={"teachers": ("content",)})
    voices = [
        Voice(("a corpus", "a speaker", 1.0), tone(1.0, hz).astype(np.float32), 1.0)
        for hz in (120, 240)
    ]
    _, targets = teachers.prepare(settings.teachers, [voice.wave for voice in voices])
    segments = Segments(voices, targets, settings)
    batch, again = segments[7], segments[7]
    torch.testing.assert_close(batch.noisy, again.noisy)
    levels = torch.from_numpy(np.stack([target.as_reference for target in targets]))
    for step, aside in zip(batch.step, batch.reference_step, strict=True):
        heard_as = step + aside
        assert min((heard_as - level).abs().max() for level in levels) < 1e-4
    asides = torch.cat([segments[step].reference_step for step in range(20)]).abs().amax(dim=1)
    assert 0.05 < (asides > 1e-3).float().mean() < 0.5  # every fourth: half of one half


def lesson_of(*n_columns: int) -> TaughtDimensions:
    """A taught whose teachers own so many dimensions each."""
    sizes = enumerate(n_columns)
    return TaughtDimensions(
        tuple(TaughtMeasure(str(i), *np.zeros((2, n), np.float32), np.eye(n)) for i, n in sizes)
    )


def test_a_taught_layer_quantizes_its_dimensions_and_no_others(config) -> None:
    run = CodecLearner(read_config(config, CodecConfig), torch.device("cpu"), lesson_of(3, 2))
    latents = torch.randn(4, 8, 50)
    for codebook in run.codebooks.layers:
        codebook.embed.copy_(torch.randn(16, 8))
        codebook.embed_avg.copy_(codebook.embed)
        codebook.inited.fill_(True)
    run.codebooks.keep_to_masks()
    elsewhere = latents.clone()
    elsewhere[:, 3:] = torch.randn(4, 5, 50)
    first, changed = (run.model.quantizer.encode(x)[0] for x in (latents, elsewhere))
    torch.testing.assert_close(first, changed)
    assert not run.codebooks.layers[1].embed[:, :3].any()
    assert not run.codebooks.layers[1].embed[:, 5:].any()
    assert run.codebooks.layers[2].embed.all()


def test_the_lesson_counts_only_where_there_is_a_target() -> None:
    latents, targets = torch.zeros(1, 8, 10), torch.ones(1, 10, 2)
    targets[:, 5:] = np.nan
    assert taught_loss(latents, targets).item() == pytest.approx(1.0)
    assert taught_loss(latents, targets * np.nan).item() == 0.0


def test_teachers_that_need_more_than_the_codec_has_are_refused(config) -> None:
    with pytest.raises(DataError, match="9 dimensions"):
        CodecLearner(read_config(config, CodecConfig), torch.device("cpu"), lesson_of(9))
