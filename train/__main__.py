"""The command line: ``python -m train run train/configs/emotion.yaml`` and its parts."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audiotok.cli import Parser, run
from train.processes import is_first

if TYPE_CHECKING:
    from train.config import RunConfig

STAGES = {
    "encode": "turn every clip into codes",
    "select": "let the lasso pick the audio tokens",
    "pretrain": "pre-train their embedding rows",
    "finetune": "train the adapters of both twins",
    "evaluate": "score, and write the bundle with its card",
    "ship": "train what will be used on the voices of all speakers",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, or 2 with one sentence on stderr."""
    level = logging.INFO if is_first() else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return run(_parser(), arguments)


def _parser() -> Parser:
    parser = Parser(prog="python -m train", description="Train what audiotok ships, or your own.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    whole = commands.add_parser("run", help="all stages, from audio and text to a bundle")
    whole.set_defaults(command=_run, stage="ship")
    for name, meaning in STAGES.items():
        stage = commands.add_parser(name, help=f"{meaning} (and what it needs before)")
        stage.set_defaults(command=_run, stage=name)
    score = commands.add_parser(
        "score", help="score the bundles that configs made, on the test split"
    )
    score.set_defaults(command=_score)
    goals = commands.add_parser(
        "goals", help="all goals of the shipped models beside what they reach"
    )
    goals.set_defaults(command=_goals)
    unseen = commands.add_parser("unseen", help="train without each corpus of voices; score on it")
    unseen.set_defaults(command=_unseen)
    robustness = commands.add_parser("robustness", help="say what noise, rooms and lines cost")
    robustness.set_defaults(command=_robustness)
    probe = commands.add_parser("probe", help="say what the codec's layers hold of a task")
    probe.set_defaults(command=_probe)
    codec = commands.add_parser("codec", help="train the speech codec")
    codec.set_defaults(command=_codec)
    experiment = commands.add_parser(
        "experiment", help="run systems of the paper's tables on a task"
    )
    experiment.set_defaults(command=_experiment)
    report = commands.add_parser(
        "codec-report", help="say how well codecs rebuild unseen voices and use their codes"
    )
    report.set_defaults(command=_codec_report)
    layers = commands.add_parser(
        "codec-probe", help="say what codecs' layers hold of words, speaker, emotion, pitch, energy"
    )
    layers.set_defaults(command=_codec_probe)
    of_configs = list(commands.choices.values())
    table = commands.add_parser("table", help="finished experiments beside the published scores")
    table.set_defaults(command=_table)
    ablation = commands.add_parser("ablation", help="the method's grid among finished experiments")
    ablation.set_defaults(command=_ablation)
    comparison = commands.add_parser("compare", help="paired bootstrap between two experiments")
    comparison.set_defaults(command=_compare)
    for name in ("first", "second"):
        comparison.add_argument(name, type=Path, help="folder of a finished run")
    for command in (table, ablation):
        command.add_argument("runs", type=Path, nargs="+", help="folders to look for runs in")
    for command in (table, ablation, comparison):
        command.add_argument("--form", choices=("markdown", "csv", "json"), default="markdown")
    for command in of_configs:
        nargs = "+" if command in (score, goals) else None
        command.add_argument("config", type=Path, metavar="CONFIG.yaml", nargs=nargs)
        command.add_argument("--data", type=Path, help="folder of the corpora")
        if command is experiment:
            command.add_argument("system", type=Path, metavar="SYSTEM.yaml", nargs="+")
        if command in (report, layers):
            command.add_argument(
                "--codec", nargs="+", default=[], metavar="FOLDER_OR_HUB_ID",
                help="codecs to compare, in place of the one that the config makes",
            )  # fmt: skip
        command.add_argument(
            "--trust-pickle",
            action="store_true",
            help="open corpora that come as pickles, which can run any code",
        )
        if command.get_default("command") is _run:
            command.add_argument(
                "--recipe", choices=["paper"],
                help="select audio tokens as the published code does, not as the config says",
            )  # fmt: skip
        if command in (goals, unseen):
            command.add_argument(
                "--seeds", type=int, metavar="N", help="train without a corpus with N seeds only"
            )
    return parser


def _config(path: Path, options: argparse.Namespace) -> RunConfig:
    from train.config import RunConfig, read_config, selecting_as_published, trusting_pickles

    config = read_config(path, RunConfig, data_dir=options.data)
    if getattr(options, "recipe", None) == "paper":
        config = selecting_as_published(config)
    return trusting_pickles(config) if options.trust_pickle else config


def _run(options: argparse.Namespace) -> None:
    from train.pipeline import run as run_pipeline

    run_pipeline(_config(options.config, options), options.stage)


def _score(options: argparse.Namespace) -> None:
    from train.evaluate import markdown_table
    from train.measure import score_bundle

    configs = [_config(path, options) for path in options.config]
    print(markdown_table({config.task: score_bundle(config) for config in configs}))


def _experiment(options: argparse.Namespace) -> None:
    from train.config import ExperimentConfig, read_config, read_content
    from train.experiment import run_experiment

    for path in options.system:
        system = read_content(path)
        config = read_config(options.config, ExperimentConfig, data_dir=options.data, system=system)
        run_experiment(config.model_copy(update={"work": config.work / path.stem}))


def _table(options: argparse.Namespace) -> None:
    from train.results import find_runs, table_rows, write_table

    print(write_table(table_rows(find_runs(options.runs)), options.form))


def _ablation(options: argparse.Namespace) -> None:
    from train.results import ablation_rows, find_runs, write_table

    print(write_table(ablation_rows(find_runs(options.runs)), options.form))


def _compare(options: argparse.Namespace) -> None:
    from train.results import compare, find_runs, write_table

    first, second = (find_runs([folder])[0] for folder in (options.first, options.second))
    print(write_table([compare(first, second)], options.form))


def _goals(options: argparse.Namespace) -> None:
    from train.goals import goals_table
    from train.measure import score_bundle, score_distorted, score_unseen_corpora

    configs = [_config(path, options) for path in options.config]
    reports = {config.task: score_bundle(config) for config in configs}
    first = configs[0]
    distorted = score_distorted(first)
    reports[first.task] += score_unseen_corpora(first, options.seeds)
    print(goals_table(reports, distorted))


def _unseen(options: argparse.Namespace) -> None:
    from train.evaluate import markdown_table
    from train.measure import score_unseen_corpora

    config = _config(options.config, options)
    print(markdown_table({config.task: score_unseen_corpora(config, options.seeds)}))


def _robustness(options: argparse.Namespace) -> None:
    from train.evaluate import robustness_table
    from train.measure import score_distorted

    config = _config(options.config, options)
    print(robustness_table(score_distorted(config)))


def _probe(options: argparse.Namespace) -> None:
    from train.measure import probe_codec

    print(probe_codec(_config(options.config, options)))


def _codec(options: argparse.Namespace) -> None:
    from train.codec.training import train_codec
    from train.config import CodecConfig, read_config, trusting_pickles

    config = read_config(options.config, CodecConfig, data_dir=options.data)
    train_codec(trusting_pickles(config) if options.trust_pickle else config)


def _codec_report(options: argparse.Namespace) -> None:
    from train.codec.report import report_codecs
    from train.config import CodecConfig, read_config

    config = read_config(options.config, CodecConfig, data_dir=options.data)
    print(report_codecs(config, options.codec))


def _codec_probe(options: argparse.Namespace) -> None:
    from train.codec.probe import probe_codecs
    from train.config import CodecConfig, read_config

    config = read_config(options.config, CodecConfig, data_dir=options.data)
    print(probe_codecs(config, options.codec))


if __name__ == "__main__":
    sys.exit(main())
