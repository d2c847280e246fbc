"""The command line: ``audiotok predict`` and so on, or ``python -m audiotok predict``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotok.cli import Parser, run, stopping_between
from audiotok.device import AUTO, DEVICE_HELP
from audiotok.errors import AudiotokError
from audiotok.ui.app import ABOUT, add_options

if TYPE_CHECKING:
    from audiotok.transcription import Transcript


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, or 2 with one sentence on stderr."""
    return run(_parser(), arguments)


def _parser() -> Parser:
    installed = Path(sys.argv[0]).stem == "audiotok"
    name = "audiotok" if installed else "python -m audiotok"
    parser = Parser(prog=name, description="Hear how a voice changes a text.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    predict = commands.add_parser("predict", help="judge a clip, or a table of clips")
    predict.set_defaults(command=_predict)
    predict.add_argument("clip", nargs="?", metavar="CLIP", help="an audio file")
    predict.add_argument("--text", default="", help="what is said; without it the voice decides")
    predict.add_argument(
        "--reference",
        action="append",
        default=[],
        metavar="CLIP",
        help="the same speaker, speaking plainly; may be given several times",
    )
    predict.add_argument("--table", type=Path, help="a CSV: file, text and, optionally, reference")
    predict.add_argument("--out", type=Path, help="where the table with predictions goes")
    predict.add_argument(
        "--overwrite", action="store_true", help="replace what --out holds, and begin anew"
    )

    predict.add_argument(
        "--transcribe", action="store_true", help="let Whisper write down what is said in CLIP"
    )

    transcribe = commands.add_parser("transcribe", help="write down what is said in a clip")
    transcribe.set_defaults(command=_transcribe)
    transcribe.add_argument("clip", metavar="CLIP", help="an audio file")
    transcribe.add_argument("--json", action="store_true", help="print one JSON object")

    tokens = commands.add_parser("tokens", help="show a clip's codes and selected tokens")
    tokens.set_defaults(command=_tokens)
    tokens.add_argument("clip", metavar="CLIP", help="an audio file")

    resynthesise = commands.add_parser(
        "resynthesise", help="turn a clip's tokens, or some of them, back into sound"
    )
    resynthesise.set_defaults(command=_resynthesise)
    resynthesise.add_argument("clip", metavar="CLIP", help="an audio file")
    which = resynthesise.add_mutually_exclusive_group()
    which.add_argument("--layers", metavar="2-8", help="layers of the codec, such as 1,3-5")
    which.add_argument("--selected", action="store_true", help="the selected tokens alone")
    which.add_argument(
        "--without-selected", action="store_true", help="all tokens but the selected ones"
    )
    resynthesise.add_argument("--out", type=Path, required=True, help="the WAV file to write")
    resynthesise.add_argument("--overwrite", action="store_true", help="replace what --out holds")

    for command in (predict, tokens, resynthesise):
        command.add_argument("--task", help="emotion (default) or sentiment")
        command.add_argument("--bundle", help="a bundle folder or hub id instead of what ships")
        command.add_argument("--device", default=AUTO, help=DEVICE_HELP)
        if command is not resynthesise:
            command.add_argument("--json", action="store_true", help="print one JSON object")

    add_options(commands.add_parser("app", help="serve the page", description=ABOUT))
    return parser


def _predict(options: argparse.Namespace) -> None:
    if (options.clip is None) == (options.table is None):
        raise AudiotokError("Name either one CLIP or --table with --out.")
    if options.table is not None:
        _predict_table(options)
        return
    if options.out is not None:
        raise AudiotokError("--out goes with --table; what is said of one CLIP is printed.")
    if options.transcribe and options.text:
        raise AudiotokError("--text and --transcribe both say what is said; give one of them.")
    from audiotok.analysis.export import transcript_record, verdict_record
    from audiotok.analysis.verdict import has_words, relative_to, verdict_sentence
    from audiotok.classifier import load

    classifier = load(options.task, options.bundle, device=options.device)
    heard = _heard(options.clip) if options.transcribe else None
    text = heard.text if heard else options.text
    prediction = classifier.predict(options.clip, text, options.reference or None)
    record = verdict_record(prediction)
    if heard:
        record["transcript"] = transcript_record(heard)
    if options.json:
        print(json.dumps(record))
        return
    if heard:
        print(heard.text or heard.note)
    print(verdict_sentence(prediction))
    # Without words there is nothing that the words alone could say.
    columns = {"words": "text_only", "words + voice": "text_audio"}
    if not has_words(prediction):
        columns = {"voice": "text_audio"}
    width = max(map(len, prediction.labels))
    print(f"{'':{width}}  " + "  ".join(f"{title:>5}" for title in columns))
    for label in prediction.labels:
        values = (f"{record[twin][label]:5.2f}" for twin in columns.values())
        print(f"{label:{width}}  " + "  ".join(values))
    print(f"{record['n_used']} of {record['n_selected']} selected tokens were read.")
    if prediction.n_references:
        print(f"The verdict is {relative_to(prediction)}.")
    for note in prediction.notes:
        print(note)


def _predict_table(options: argparse.Namespace) -> None:
    if options.out is None:
        raise AudiotokError("Say with --out where the predictions go.")
    if options.reference or options.text or options.transcribe:
        raise AudiotokError(
            "--text, --transcribe and --reference go with one CLIP; a table has the columns text "
            "and reference."
        )
    from audiotok.predicted_table import opened, write_predictions
    from audiotok.table import scan_table

    table = scan_table(options.table)
    choices = {"task": options.task, "bundle": options.bundle}
    errors: list[bool] = []
    with opened(options.out, options.table, choices, overwrite=options.overwrite) as (file, done):
        from tqdm import tqdm

        from audiotok.classifier import load

        n_before = done.n_rows
        classifier = load(options.task, options.bundle, device=options.device)
        written = write_predictions(file, done, classifier, table, options.table.parent)
        n_rows = len(table.rows)
        with stopping_between() as stopped:
            for error in tqdm(written, "predict", n_rows, initial=n_before, unit="clip"):
                errors.append(error)
                if stopped() and done.n_rows < n_rows:
                    raise KeyboardInterrupt(
                        f"Stopped after {done.n_rows} of {n_rows} rows, which are in "
                        f"'{options.out}'; the same command goes on from there."
                    )
    before = f", {n_before} of them by an earlier run" if n_before else ""
    print(
        f"{n_rows} rows are in '{options.out}'{before}; {sum(errors)} of the {len(errors)} rows "
        "of this run have an error."
    )


def _heard(clip: str) -> Transcript:
    from audiotok.transcription import Transcriber

    return Transcriber().transcribe(clip)


def _transcribe(options: argparse.Namespace) -> None:
    from audiotok.analysis.export import transcript_record

    heard = _heard(options.clip)
    if options.json:
        print(json.dumps(transcript_record(heard)))
        return
    print(heard.text or heard.note)
    for word in heard.words:
        print(f"{word.start_s:7.2f} s  {word.end_s:7.2f} s  {word.text}")


def _tokens(options: argparse.Namespace) -> None:
    from audiotok.analysis.export import tokens_record
    from audiotok.classifier import load

    classifier = load(options.task, options.bundle, device=options.device)
    record: dict[str, Any] = tokens_record(classifier.predict(options.clip))
    if options.json:
        print(json.dumps(record))
        return
    n_frames = len(record["codes"][0])
    print(
        f"{n_frames} frames of {record['frame_s'] * 1000:g} ms, {record['n_layers']} layers, "
        f"{len(record['selected'])} occurrences of selected tokens:"
    )
    for token in record["selected"]:
        strongest = max(token["weights"], key=token["weights"].get)
        print(f"{token['start_s']:7.2f} s  {token['token']:10}  {strongest}")


def _resynthesise(options: argparse.Namespace) -> None:
    from audiotok.analysis.hearing import SELECTED, WITHOUT_SELECTED, resynthesise, wav_bytes
    from audiotok.classifier import load

    if options.out.exists() and not options.overwrite:
        raise AudiotokError(f"'{options.out}' is there already; --overwrite replaces it.")
    which = SELECTED if options.selected else options.layers or ""
    which = WITHOUT_SELECTED if options.without_selected else which
    classifier = load(options.task, options.bundle, device=options.device)
    heard = resynthesise(classifier, classifier.predict(options.clip), which)
    try:
        options.out.write_bytes(wav_bytes(heard.samples))
    except OSError as error:
        raise AudiotokError(f"'{options.out}' cannot be written: {error.strerror}.") from error
    print(f"{heard.sentence} It is in '{options.out}'.")


if __name__ == "__main__":
    sys.exit(main())
