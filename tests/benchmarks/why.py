"""What a user waits for who asks why, in seconds.

``python -m tests.benchmarks.why`` asks the shipped emotion bundle for each view of a clip of 5 s
and one of 59 s. ``--positions`` cuts sequences to fewer, as bundles with sparser tokens have.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

import audiotok
from audiotok import assets
from audiotok.analysis.attention_map import attention_map, attention_map_record, thumbnails
from audiotok.analysis.contributions import contributions
from audiotok.analysis.flow import flow
from audiotok.analysis.hearing import resynthesise
from audiotok.analysis.knockout import knockout
from audiotok.analysis.occlusion import occlusion
from audiotok.audio import SAMPLE_RATE, read_audio
from tests.benchmarks.prediction import seconds

CLIP = assets.EXAMPLES / "minutes_low-woman_happiness.flac"
TEXT = "I will be there in ten minutes."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, help="longest sequence; the bundle's own if none")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    classifier = audiotok.load("emotion", device="cpu")
    if options.positions:
        builder = replace(classifier.builder, max_length=options.positions)
        classifier = replace(classifier, builder=builder)
    samples = read_audio(CLIP).samples
    for duration_s in (5, 59):
        clip = np.resize(samples, duration_s * SAMPLE_RATE)
        made = classifier.predict((SAMPLE_RATE, clip), TEXT, attentions=True)
        works = {
            "contributions": lambda made=made: contributions(made),
            "occlusion": lambda made=made: occlusion(classifier, made),
            "knockout": lambda made=made: knockout(classifier, made),
            "attention": lambda made=made: classifier.attentions(made.sequence),
            "flow": lambda made=made: flow(made),
            "attention map": lambda made=made: attention_map_record(attention_map(made), 6, 12),
            "thumbnails": lambda made=made: thumbnails(made),
            "hear": lambda made=made: resynthesise(classifier, made, "selected"),
        }
        print(f"{duration_s} s, {len(made.sequence.tokens)} positions")
        for name, taken in seconds(works, options.rounds).items():
            print(f"  {name:14} {taken:6.2f} s")


if __name__ == "__main__":
    main()
