"""Every system of the paper's tables, from raw audio and text to a score, with tiny models."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import torchaudio

from audiotok.audio import SAMPLE_RATE
from audiotok.errors import DataError
from tests.conftest import tone
from tests.sounds import noise, spoken
from tests.train.tiny_models import write_byola, write_qwen2_audio, write_speech_encoder
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.experiments.systems import SYSTEMS, Item, Task
from train.experiments.systems.byola import load_byola
from train.experiments.systems.linear import mean_mfcc
from train.experiments.systems.qwen2_audio import named_labels

TASK = Task("mood", ("bad", "good"), False, "macro_f1")
MOODS = Task("moods", ("bad", "good"), True, "presence_macro_f1")
LEARNING = {"epochs": 2, "batch_size": 4, "learning_rate": 0.01}
ENCODERS = ("wavlm", "hubert", "wav2vec2", "whisper")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    for kind in ENCODERS:
        write_speech_encoder(root / kind, kind)
    write_qwen2_audio(root / "qwen2_audio")
    write_byola(root / "byola_2020.pth", n_blocks=3, width=8, stacked=False)
    write_byola(root / "byola_2022.pth", n_blocks=2, width=8, stacked=True, wrapper="model")
    return root


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Bad ones are said low, good ones high, and each says so."""
    root = tmp_path_factory.mktemp("clips")
    made = []
    for number in range(12):
        label = number % 2
        path = root / f"{number}.wav"
        soundfile.write(path, tone(0.4, (120.0, 300.0)[label] + number), SAMPLE_RATE)
        text = f"the {('bad', 'good')[label]} news"
        record = Record(
            f"{number}", (Part(path),), text, ("bad", "good")[label : label + 1], "s", "", "c"
        )
        made.append(Item(record, np.eye(2, dtype=np.int64)[label]))
    return made


def settings_of(name: str, models: Path, codec_folder: Path) -> list[dict[str, object]]:
    """The ways in which a system is tried."""
    text = {**LEARNING, "backbone": "tiny/bert"}
    llama = {**LEARNING, "backbone": "tiny/llama", "rank": 2, "gradient_checkpointing": True}
    qwen = {"model": str(models / "qwen2_audio"), "max_new_tokens": 2}
    method = {
        **LEARNING,
        "codec": str(codec_folder),
        "backbone": "tiny/llama",
        "rank": 2,
        "selection": {"C": 10.0, "layers": [1, 2, 3, 4, 5, 6, 7, 8]},
    }
    return {
        "bow": [{}],
        "mfcc": [{}],
        "bow_mfcc": [{}],
        "text": [text, {**text, "backbone": "tiny/roberta"}, llama],
        "speech_lstm": [{**LEARNING, "speech": str(models / kind)} for kind in ENCODERS],
        "speech_and_text": [
            {**text, "speech": str(models / kind), "frames_per_step": 3} for kind in ENCODERS
        ],
        "text_byola": [
            {**way, "checkpoint": str(models / f"byola_{year}.pth")}
            for way, year in ((text, 2020), (llama, 2022))
        ],
        "qwen2_audio": [{**qwen, "epochs": 1, "rank": 2}],
        "qwen2_audio_in_context": [{**qwen, "shots": 2}],
        "speech_tokens": [
            {**method, "pretrain": {"epochs": 1, "batch_size": 4}},
            {**method, "pretrain": None, "selection": {**method["selection"], "random": True}},
        ],
    }[name]


@pytest.mark.parametrize("name", SYSTEMS)
def test_from_raw_audio_and_text_to_a_score(
    name, models, items, codec_folder, tmp_path, monkeypatch
) -> None:
    for number, way in enumerate(settings_of(name, models, codec_folder)):
        system = SYSTEMS[name]
        run = tmp_path / str(number) / "seed_1"
        settings = system.Settings.model_validate(way)
        fitted = system(TASK, settings, tmp_path / "cache").fit(items[:8], items[8:], 1, run)
        found = fitted.predict_proba(items)
        assert found.shape == (12, 2)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
        assert 0 <= TASK.score(found, np.stack([item.target for item in items])) <= 1


@pytest.mark.parametrize("name", [n for n in SYSTEMS if not n.startswith("qwen2")])
def test_a_system_reads_what_it_says_that_it_reads(
    name, models, items, codec_folder, tmp_path
) -> None:
    system = SYSTEMS[name]
    settings = system.Settings.model_validate(settings_of(name, models, codec_folder)[0])
    fitted = system(TASK, settings, tmp_path / "cache").fit(
        items[:8], items[8:], 1, tmp_path / "seed_1"
    )
    low, high = items[:2]
    found = fitted.predict_proba([low, high])
    for part, changed in (
        ("audio", replace(low.record, audio=high.record.audio)),
        ("text", replace(low.record, text=high.record.text)),
    ):
        other = fitted.predict_proba([Item(changed, low.target), high])
        differs = not np.allclose(other[0], found[0], atol=1e-6)
        assert differs == (part in system.modalities), part


@pytest.mark.parametrize("name", ["bow", "mfcc", "bow_mfcc", "text"])
def test_what_is_plain_is_learned(name, models, items, codec_folder, tmp_path) -> None:
    way = settings_of(name, models, codec_folder)[0]
    if name == "text":
        way = {**way, "epochs": 20, "patience": 20}
    for task in (TASK, MOODS):
        system = SYSTEMS[name](task, SYSTEMS[name].Settings.model_validate(way), tmp_path / "cache")
        found = system.fit(items[:8], items[8:], 1, tmp_path / task.name).predict_proba(items[8:])
        assert task.score(found, np.stack([item.target for item in items[8:]])) == 1


@pytest.mark.parametrize(
    "name", [n for n, s in SYSTEMS.items() if "four_bit" in s.Settings.model_fields]
)
def test_four_bits_without_their_package_are_one_sentence(
    name, models, items, codec_folder, tmp_path, monkeypatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else find(name)
    )
    way = {**settings_of(name, models, codec_folder)[0], "four_bit": True}
    system = SYSTEMS[name]
    with pytest.raises(DataError, match="pip install bitsandbytes"):
        system(TASK, system.Settings.model_validate(way), tmp_path / "cache").fit(
            items[:8], items[8:], 1, tmp_path / "seed_1"
        )


def test_frozen_encoders_read_a_clip_once(models, items, tmp_path, monkeypatch) -> None:
    from train.experiments.systems.speech_encoders import TransformersEncoder

    heard = []
    whole = TransformersEncoder.__call__

    def listening(self, samples):
        heard.append(len(samples))
        return whole(self, samples)

    monkeypatch.setattr(TransformersEncoder, "__call__", listening)
    system = SYSTEMS["speech_lstm"]
    settings = system.Settings(**LEARNING, speech=str(models / "wavlm"))
    for seed in (1, 2):
        run = tmp_path / f"seed_{seed}"
        system(TASK, settings, tmp_path / "cache").fit(items[:8], items[8:], seed, run)
    assert len(heard) == 12


def test_a_long_clip_is_heard_to_its_end(models) -> None:
    from train.experiments.systems.speech_encoders import CHUNK_S, TRANSCRIBER, load_encoder

    one = tone(1.0)
    for source in (str(models / "wavlm"), str(models / "whisper"), TRANSCRIBER):
        encoder = load_encoder(source)
        n_frames = len(encoder(one))
        assert encoder(one).shape == (n_frames, encoder.dimension)
        assert n_frames == pytest.approx(50, abs=2)
        long = np.concatenate([np.zeros(CHUNK_S * SAMPLE_RATE, np.float32), one])
        assert len(encoder(long)) == pytest.approx(51 * CHUNK_S, rel=0.04)


def test_both_published_layouts_of_byola_are_told_apart(models) -> None:
    mels = torch.randn(2, 64, 40)
    assert load_byola(models / "byola_2020.pth")(mels).shape == (2, 8)
    assert load_byola(models / "byola_2022.pth")(mels).shape == (2, 1024 + 8)
    with pytest.raises(DataError, match="download"):
        load_byola(models / "missing.pth")
    (models / "broken.pth").write_bytes(b"no checkpoint")
    with pytest.raises(DataError, match="is no BYOL-A checkpoint"):
        load_byola(models / "broken.pth")


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("Happiness.", [1, 0, 0]),
        ("the speaker is SAD", [0, 0, 0]),
        ("sadness, appeal to emotion", [0, 1, 1]),
        ("none", [0, 0, 0]),
    ],
)
def test_answers_are_parsed_into_labels(answer, named) -> None:
    labels = ("happiness", "sadness", "appeal_to_emotion")
    assert named_labels(answer, labels).tolist() == named


def test_a_label_within_another_is_not_named_by_it() -> None:
    assert named_labels("non-fallacy", ("fallacy", "non-fallacy")).tolist() == [0, 1]


@pytest.mark.parametrize("sound", [spoken(1.3, 210.0), spoken(0.05), noise(0.5, 1.0)])
def test_mfcc_are_those_of_another_library(sound) -> None:
    transform = torchaudio.transforms.MFCC(
        SAMPLE_RATE,
        25,
        melkwargs={"n_mels": 64, "n_fft": 512, "win_length": 400, "hop_length": 160},
    )
    samples = sound.astype(np.float32)
    expected = transform(torch.from_numpy(samples)).mean(dim=-1).numpy()
    np.testing.assert_allclose(mean_mfcc(samples), expected, rtol=1e-4, atol=1e-3)
