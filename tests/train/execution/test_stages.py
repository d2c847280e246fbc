"""What is skipped, what runs again, and whose folders are left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audiotok.errors import DataError
from train.execution import stages
from train.execution.source_code import code_digest, plain_code
from train.execution.stages import Stage, run_graph, run_stage, stage_facts


def test_a_stage_runs_again_only_when_its_inputs_change(tmp_path: Path) -> None:
    runs: list[str] = []

    def build(folder: Path) -> None:
        runs.append(folder.name)
        (folder / "result").write_text("done")

    first = run_stage("select", tmp_path / "select", {"C": 1}, build)
    assert run_stage("select", tmp_path / "select", {"C": 1}, build) == first
    assert len(runs) == 1
    assert run_stage("select", tmp_path / "select", {"C": 2}, build) != first
    assert len(runs) == 2


def test_a_killed_stage_goes_on_and_a_changed_one_starts_clean(tmp_path: Path) -> None:
    folder = tmp_path / "finetune"

    def killed(here: Path) -> None:
        (here / "checkpoint").write_text("step 10")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage("finetune", folder, 1, killed)
    found: list[bool] = []
    run_stage("finetune", folder, 1, lambda here: found.append((here / "checkpoint").exists()))
    with pytest.raises(KeyboardInterrupt):
        run_stage("finetune", folder, 2, killed)
    run_stage("finetune", folder, 3, lambda here: found.append((here / "checkpoint").exists()))
    assert found == [True, False]


@pytest.mark.parametrize("damage", ["deleted", "cut short", "in a folder below"])
def test_a_stage_whose_output_is_damaged_runs_again(tmp_path: Path, damage: str) -> None:
    runs: list[bool] = []

    def build(folder: Path) -> None:
        runs.append(True)
        (folder / "deep").mkdir(exist_ok=True)
        (folder / "rows").write_text("0123456789")
        (folder / "deep" / "report").write_text("well")

    folder = tmp_path / "pretrain"
    run_stage("pretrain", folder, 1, build, outputs=("rows",))
    if damage == "deleted":
        (folder / "rows").unlink()
    elif damage == "cut short":
        (folder / "rows").write_text("01234")
    else:
        (folder / "deep" / "report").unlink()
    run_stage("pretrain", folder, 1, build, outputs=("rows",))
    run_stage("pretrain", folder, 1, build, outputs=("rows",))
    assert len(runs) == 2
    assert (folder / "rows").read_text() == "0123456789"
    assert (folder / "deep" / "report").read_text() == "well"


def test_a_stage_must_make_what_it_declares(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'bag' did not make 'bag_of_tokens\.safetensors'"):
        run_stage(
            "bag", tmp_path / "bag", 1, lambda _: None, outputs=("bag_of_tokens.safetensors",)
        )


@pytest.mark.parametrize("content", ["thesis.txt", "started.json", "sub/thesis.txt"])
def test_a_folder_that_no_stage_made_is_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "select" / content
    file.parent.mkdir(parents=True)
    file.write_text("years of work")
    with pytest.raises(DataError, match="holds files that no training made") as raised:
        run_stage("select", tmp_path / "select", 1, lambda _: pytest.fail("built"))
    assert "\n" not in str(raised.value)
    assert file.read_text() == "years of work"


def test_a_file_or_a_link_in_the_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "select").write_text("a file")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (tmp_path / "bag").symlink_to(theirs)
    for name in ("select", "bag"):
        with pytest.raises(DataError, match="no folder of its own"):
            run_stage(name, tmp_path / name, 1, lambda _: pytest.fail("built"))
    with pytest.raises(DataError, match="cannot be written"):
        run_stage("x", tmp_path / "select" / "x", 1, lambda _: pytest.fail("built"))


def test_a_link_in_a_stage_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    folder = tmp_path / "select"
    run_stage("select", folder, 1, lambda here: (here / "link").symlink_to(theirs))
    run_stage("select", folder, 2, lambda here: (here / "result").write_text("2"))
    assert sorted(path.name for path in folder.iterdir()) == ["done.json", "result", "started.json"]
    assert (theirs / "thesis.txt").read_text() == "years of work"


def test_the_minutes_of_all_sittings_are_kept(tmp_path: Path, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(stages.time, "monotonic", lambda: now[0])

    def sitting(minutes: float, *, ends: bool) -> None:
        def build(folder: Path) -> None:
            now[0] += 60 * minutes
            (folder / "rows").write_text("made")
            if not ends:
                raise KeyboardInterrupt

        run_stage("pretrain", tmp_path / "pretrain", 1, build)

    with pytest.raises(KeyboardInterrupt):
        sitting(30, ends=False)
    sitting(12, ends=True)
    before = stage_facts(tmp_path / "pretrain")
    assert before["minutes"] == 42
    assert {"torch", "peft"} <= set(before["versions"])
    sitting(99, ends=True)  # skipped
    assert stage_facts(tmp_path / "pretrain") == before


def test_a_sitting_that_was_killed_counts_until_its_last_file(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "pretrain"
    with pytest.raises(KeyboardInterrupt):
        run_stage("pretrain", folder, 1, _interrupted)
    started = json.loads((folder / "started.json").read_text())
    last = max(path.stat().st_mtime for path in folder.iterdir())
    started |= {"minutes": 5, "began": last - 600}
    (folder / "started.json").write_text(json.dumps(started))
    run_stage("pretrain", folder, 1, lambda here: (here / "rows").write_text("made"))
    assert stage_facts(folder)["minutes"] == pytest.approx(15, abs=0.5)


def _interrupted(_: Path) -> None:
    raise KeyboardInterrupt


class Chain:
    """Three stages, of which ``last`` needs ``first`` alone; says which of them ran."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made, self.settings = "a", {"first": 1, "beside": 1, "last": 1}

    def run(self, *wanted: str) -> list[str]:
        ran: list[str] = []

        def stage(name: str, needs: tuple[str, ...] = ()) -> Stage:
            def build(folder: Path) -> None:
                ran.append(name)
                (folder / "out").write_text(self.made if name == "first" else name)

            return Stage(
                name, self.root / name, build, ("out",), lambda: self.settings[name], needs
            )

        run_graph([stage("last", ("first",)), stage("beside"), stage("first")], wanted)
        return ran


def test_only_what_is_needed_runs_and_in_its_order(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    assert chain.run("last") == ["first", "last"]
    assert chain.run("beside", "last") == ["beside"]


def test_a_stage_runs_again_where_what_it_needs_came_out_otherwise(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    chain.run("last")
    (tmp_path / "first" / "out").unlink()
    assert chain.run("last") == ["first"]  # the same came out again
    (tmp_path / "first" / "out").unlink()
    chain.made = "b"
    assert chain.run("last") == ["first", "last"]
    chain.settings["first"], chain.made = 2, "c"
    assert chain.run("last") == ["first", "last"]


def test_code_counts_by_what_it_does() -> None:
    before = 'def f(x):\n    """Twice."""\n    return 2 * x  # so\n'
    assert plain_code(before) == plain_code("def f(x):\n    return (2 * x)\n")
    assert plain_code(before) != plain_code("def f(x):\n    return 3 * x\n")
    assert plain_code('class A:\n    """Only words."""\n')


def test_a_template_beside_a_module_counts_as_its_code(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "made_up_card.py").write_text("TEMPLATE = 1\n")
    digests = []
    for text in (None, "# {{ task }}", "## {{ task }}"):
        if text is not None:
            (tmp_path / "made_up_card.md.jinja").write_text(text)
        code_digest.cache_clear()
        digests.append(code_digest("made_up_card"))
    assert len(set(digests)) == 3
