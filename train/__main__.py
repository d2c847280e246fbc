"""The command line: ``python -m train run train/configs/emotion.yaml`` and its parts."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from audiotok.cli import Parser, run
from train.execution import processes
from train.settings.arguments import (
    CLIPS,
    CODECS,
    CONFIG,
    CONFIGS,
    CORPORA,
    FIRST,
    FORM,
    INTO_BUNDLE,
    PAGE,
    PICTURE,
    PICTURES,
    RECIPE,
    RESULTS,
    RUNS,
    SECOND,
    SEEDS,
    SYSTEMS,
    Call,
    Command,
)

if TYPE_CHECKING:
    from train.codec.settings import CodecConfig
    from train.settings.task import RunConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, or 2 with one sentence on stderr."""
    processes.join()
    level = logging.INFO if processes.is_first() else logging.ERROR  # warnings come once
    logging.basicConfig(level=level, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # All processes have the result, one prints it.
    with nullcontext() if processes.is_first() else redirect_stdout(None):
        return run(parser(), arguments)


def parser() -> Parser:
    """Return the argument parser, with a subcommand for each of ``COMMANDS``."""
    parser = Parser(prog="python -m train", description="Train what audiotok ships, or your own.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.help)
        added.set_defaults(command=partial(_print, command.call), name=name)
        for argument in command.arguments:
            added.add_argument(*argument.names, **argument.options)
    return parser


def _print(call: Call, options: argparse.Namespace) -> None:
    if (said := call(options)) is not None:
        print(said)


def _config(path: Path, options: argparse.Namespace) -> RunConfig:
    from train.settings.overrides import selecting_as_published, trusting_pickles
    from train.settings.task import RunConfig
    from train.settings.yaml_files import read_config

    config = read_config(path, RunConfig, data_dir=options.data, device=options.device)
    if getattr(options, "recipe", None) == "paper":
        config = selecting_as_published(config)
    return trusting_pickles(config) if options.trust_pickle else config


def _run(options: argparse.Namespace) -> None:
    from train.bundles.graph import run as run_pipeline

    run_pipeline(_config(options.config, options))


def _stage(options: argparse.Namespace) -> None:
    from train.bundles.graph import run as run_pipeline

    run_pipeline(_config(options.config, options), options.name)


def _score(options: argparse.Namespace) -> str:
    from train.evaluation.score_tables import score_table
    from train.studies.scores import score_bundle

    configs = [_config(path, options) for path in options.config]
    return score_table({config.task: score_bundle(config) for config in configs})


def _experiment(options: argparse.Namespace) -> None:
    from train.experiments.runner import run_experiment
    from train.settings.task import ExperimentConfig
    from train.settings.yaml_files import read_config, read_content

    for path in options.system:
        system = read_content(path)
        config = read_config(
            options.config,
            ExperimentConfig,
            data_dir=options.data,
            device=options.device,
            system=system,
        )
        run_experiment(config.model_copy(update={"work": config.work / path.stem}))


def _table(options: argparse.Namespace) -> str:
    from train.experiments.tables import find_runs, table_rows, write_table

    return write_table(table_rows(find_runs(options.runs)), options.form)


def _ablation(options: argparse.Namespace) -> str:
    from train.experiments.tables import ablation_rows, find_runs, write_table

    return write_table(ablation_rows(find_runs(options.runs)), options.form)


def _compare(options: argparse.Namespace) -> str:
    from train.experiments.tables import compare, pick_run, write_table

    first, second = (pick_run(folder) for folder in (options.first, options.second))
    return write_table([compare(first, second)], options.form)


def _goals(options: argparse.Namespace) -> str:
    from train.studies.goals import TRANSMITTED, goals_table
    from train.studies.robustness import equal_tokens, score_distorted
    from train.studies.scores import score_bundle
    from train.studies.unseen import score_unseen_corpora

    configs = [_config(path, options) for path in options.config]
    reports = {config.task: score_bundle(config) for config in configs}
    first = configs[0]
    distorted = score_distorted(first, options.seeds)
    reports[first.task] += score_unseen_corpora(first, options.seeds)
    return goals_table(reports, distorted, equal_tokens(first, TRANSMITTED))


def _unseen(options: argparse.Namespace) -> str:
    from train.evaluation.score_tables import score_table
    from train.studies.unseen import score_unseen_corpora

    config = _config(options.config, options)
    return score_table({config.task: score_unseen_corpora(config, options.seeds)})


def _robustness(options: argparse.Namespace) -> str:
    from train.evaluation.score_tables import robustness_table
    from train.studies.robustness import score_distorted

    config = _config(options.config, options)
    return robustness_table(score_distorted(config, options.seeds))


def _parts(options: argparse.Namespace) -> str:
    from train.studies.parts import score_parts

    return score_parts(_config(options.config, options))


def _probe(options: argparse.Namespace) -> str:
    from train.studies.layers import probe_codec

    return probe_codec(_config(options.config, options))


def _sizes(options: argparse.Namespace) -> str:
    from train.studies.sizes import score_sizes

    config = _config(options.config, options)
    return score_sizes(config, options.seeds or 1, options.picture, options.into_bundle)


def _embedding_map(options: argparse.Namespace) -> str:
    from train.studies.embedding_map import map_bundle

    return map_bundle(_config(options.config, options))


def _flow(options: argparse.Namespace) -> str:
    from train.studies.flow import average_flow

    return average_flow(_config(options.config, options), options.clips, options.picture)


def _faithful(options: argparse.Namespace) -> str:
    from train.studies.faithful import compare_explanations

    config = _config(options.config, options)
    return compare_explanations(config, options.clips, options.picture, options.into_bundle)


def _acoustics(options: argparse.Namespace) -> str:
    from train.studies.acoustics.study import relate_tokens

    return relate_tokens(_config(options.config, options), options.clips, options.picture)


def _results(options: argparse.Namespace) -> None:
    from train.studies.results_page import replace_table, with_picture

    for name in options.only or RESULTS:
        configs = options.config if CONFIGS in COMMANDS[name].arguments else options.config[0]
        picture = options.pictures and options.pictures / f"{name}.png"
        asked = argparse.Namespace(**{**vars(options), "config": configs, "picture": picture})
        if (table := COMMANDS[name].call(asked)) is not None:
            if picture and PICTURE in COMMANDS[name].arguments:
                table = with_picture(table, picture, options.page, COMMANDS[name].help)
            replace_table(options.page, name, table)


def _clips(options: argparse.Namespace) -> str:
    from train.corpora.clip_list import list_clips
    from train.corpora.reading import read_corpora
    from train.settings.corpora import CorporaConfig
    from train.settings.overrides import trusting_pickles
    from train.settings.yaml_files import read_config

    config = read_config(options.config, CorporaConfig, data_dir=options.data)
    config = trusting_pickles(config) if options.trust_pickle else config
    return list_clips(record for _, record in read_corpora(config.corpora, config.data_dir))


def _codec(options: argparse.Namespace) -> None:
    from train.codec.training import train_codec
    from train.settings.overrides import trusting_pickles

    config = _codec_config(options)
    train_codec(trusting_pickles(config) if options.trust_pickle else config)


def _codec_report(options: argparse.Namespace) -> str:
    from train.codec.report import report_codecs

    return report_codecs(_codec_config(options), options.codec)


def _codec_probe(options: argparse.Namespace) -> str:
    from train.codec.layer_probes import probe_codecs

    return probe_codecs(_codec_config(options), options.codec)


def _codec_config(options: argparse.Namespace) -> CodecConfig:
    from train.codec.settings import CodecConfig
    from train.settings.yaml_files import read_config

    return read_config(options.config, CodecConfig, data_dir=options.data, device=options.device)


STAGE = (CONFIG, *CORPORA, RECIPE)
COMMANDS = {
    "run": Command("all stages, from audio and text to a bundle", _run, STAGE),
    "encode": Command("turn every clip into codes", _stage, STAGE),
    "select": Command("let the lasso pick the audio tokens (and encode)", _stage, STAGE),
    "profile": Command("measure what the selected tokens sound like", _stage, STAGE),
    "pretrain": Command("pre-train their embedding rows (and what it needs)", _stage, STAGE),
    "finetune": Command("train the adapters of both twins (and what it needs)", _stage, STAGE),
    "bag": Command("fit the linear reader of all tokens (and what it needs)", _stage, STAGE),
    "encoder-probe": Command("fit the linear reader of Whisper's encoder", _stage, STAGE),
    "evaluate": Command("score, and write the scored bundle with its card", _stage, STAGE),
    "ship": Command(
        "fit the linear readers that ship on the voices of all speakers", _stage, STAGE
    ),
    "score": Command("score shipped bundles on the test split", _score, (CONFIGS, *CORPORA)),
    "goals": Command(
        "the goals of the shipped models beside what they reach", _goals, (CONFIGS, *CORPORA, SEEDS)
    ),
    "unseen": Command(
        "train without each corpus of voices; score on it", _unseen, (CONFIG, *CORPORA, SEEDS)
    ),
    "robustness": Command("what noise and rooms cost", _robustness, (CONFIG, *CORPORA, SEEDS)),
    "parts": Command("what each of the readers hears", _parts, (CONFIG, *CORPORA)),
    "probe": Command("what the codec's layers hold of a task", _probe, (CONFIG, *CORPORA)),
    "sizes": Command(
        "what audio vocabularies of other sizes tell the language model, trained anew, and a bag",
        _sizes,
        (CONFIG, *CORPORA, SEEDS, PICTURE, INTO_BUNDLE),
    ),
    "embedding-map": Command(
        "map a bundle's tokens among words", _embedding_map, (CONFIG, *CORPORA)
    ),
    "flow": Command(
        "what words and voice give to what the verdict reads, and what cuts change",
        _flow,
        (CONFIG, *CORPORA, CLIPS, PICTURE),
    ),
    "faithful": Command(
        "which explanation names the tokens that a verdict rests on",
        _faithful,
        (CONFIG, *CORPORA, CLIPS, PICTURE, INTO_BUNDLE),
    ),
    "acoustics": Command(
        "how the use of tokens goes with measures of the voice",
        _acoustics,
        (CONFIG, *CORPORA, CLIPS, PICTURE),
    ),
    "results": Command(
        "write the tables of train/RESULTS.md anew",
        _results,
        (CONFIGS, *CORPORA, SEEDS, CLIPS, INTO_BUNDLE, PICTURES, *PAGE),
    ),
    "clips": Command("list the clips that a config reads, by id", _clips, (CONFIG, *CORPORA)),
    "codec": Command("train the speech codec", _codec, (CONFIG, *CORPORA)),
    "codec-report": Command(
        "how well codecs rebuild unseen voices and use their codes",
        _codec_report,
        (CONFIG, *CORPORA, CODECS),
    ),
    "codec-probe": Command(
        "what codecs' layers hold of words, speaker, emotion, pitch, energy",
        _codec_probe,
        (CONFIG, *CORPORA, CODECS),
    ),
    "experiment": Command(
        "run systems of the paper's tables on a task", _experiment, (CONFIG, SYSTEMS, *CORPORA)
    ),
    "table": Command("finished experiments beside the published scores", _table, (RUNS, FORM)),
    "ablation": Command("the method's grid among finished experiments", _ablation, (RUNS, FORM)),
    "compare": Command("paired bootstrap between two experiments", _compare, (FIRST, SECOND, FORM)),
}


if __name__ == "__main__":
    sys.exit(main())
