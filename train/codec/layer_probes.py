"""Probes of each codec layer for words, speaker, emotion, pitch and energy.

After the analysis of SpeechTokenizer (Zhang et al., ICLR 2024), whose first layer is to carry words
and whose others the voice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from tqdm import tqdm

from audiotok.codec import Codec
from audiotok.device import resolve_device
from audiotok.vocabulary import Codes
from train.codec.frame_probe import Frames, energy_db, frame_r2, pitch_octaves
from train.codec.questions import Question, ask
from train.codec.report import encode_records
from train.codec.settings import CodecConfig
from train.corpora.reading import read_corpora
from train.corpora.records import Record
from train.encoding.codes import CODES, read_clip
from train.evaluation.markdown import number, table
from train.evaluation.token_probe import C, layer_sets, title
from train.method.bag_of_tokens import bag_model
from train.method.token_counts import count_tokens

N_FRAME_CLIPS = {"train": 300, "test": 100}  # whose pitch and energy are told, drawn at random
FRAME_VALUES = {"pitch, R²": pitch_octaves, "energy, R²": energy_db}


def probe_codecs(config: CodecConfig, sources: Sequence[str]) -> str:
    """Probe codecs on a config's corpora; returns a Markdown table for each.

    Parameters
    ----------
    sources : folders or hub ids; none means the codec that the config makes.
    """
    records = [record for _, record in read_corpora(config.corpora, config.data_dir)]
    cache = config.work.parent / CODES
    device = resolve_device(config.device)
    names = sources or [str(config.out)]
    tables = {name: probe_layers(Codec.load(name, device), records, cache) for name in names}
    if len(tables) == 1:
        return next(iter(tables.values()))
    return "\n\n".join(f"{name}:\n\n{found}" for name, found in tables.items())


def probe_layers(codec: Codec, records: Sequence[Record], cache_dir: Path) -> str:
    """Return probe scores of layers, single and combined, and of chance, as a Markdown table.

    Words, speaker and emotion: macro-F1 on token histograms; pitch and energy: R² of frames.
    """
    spoken = [record for record in records if record.audio]
    measured = {split: _draw(spoken, split, n) for split, n in N_FRAME_CLIPS.items()}
    of_frames = [record for drawn in measured.values() for record in drawn]
    asked = [record for record in spoken if record.labels or record.split != "train"]
    wanted = list(dict.fromkeys([*asked, *of_frames]))
    found = encode_records(wanted, codec, cache_dir).codes
    codes = {variant.record: of_clip for variant, of_clip in found.items()}
    questions = ask({record: codes[record] for record in asked if record in codes})
    frames = {split: _frames(codes, drawn) for split, drawn in measured.items()}
    size = codec.codebook_size
    rows = []
    for layers in tqdm(layer_sets(codec.n_layers), desc="probe"):
        told = [bag_macro_f1(question, layers, size) for question in questions]
        told += [
            frame_r2(frames["train"][name], frames["test"][name], layers, size)
            for name in FRAME_VALUES
        ]
        rows.append([title(layers), *map(number, told)])
    guess = [*(1 / question.n_answers for question in questions), *(0.0 for _ in FRAME_VALUES)]
    rows.append(["chance", *map(number, guess)])
    heads = [f"{question.name} ({question.n_answers})" for question in questions]
    return table(["layers", *heads, *FRAME_VALUES], rows)


def bag_macro_f1(question: Question, layers: Sequence[int], codebook_size: int) -> float:
    """Return test macro-F1 of logistic regression on the token histogram of some layers."""
    model = bag_model(C)
    codes, answers = question.train
    model.fit(count_tokens(codes, layers, codebook_size), answers)
    unseen, truth = question.test
    said = model.predict(count_tokens(unseen, layers, codebook_size))
    return float(f1_score(truth, said, average="macro"))


def _draw(records: Sequence[Record], split: str, n: int) -> list[Record]:
    of_split = [record for record in records if record.split == split]
    order = np.random.default_rng(0).permutation(len(of_split))[:n]
    return [of_split[i] for i in order]


def _frames(codes: Mapping[Record, Codes], records: Sequence[Record]) -> dict[str, Frames]:
    """Return codes and frame values of the readable clips, by measure."""
    readable = [record for record in records if record in codes]
    waves = {record: read_clip(record.audio) for record in readable}
    return {
        name: (
            [codes[record] for record in readable],
            [measure(waves[record], codes[record].shape[1]) for record in readable],
        )
        for name, measure in FRAME_VALUES.items()
    }
