"""What ``pip install`` makes of the repository: built, put elsewhere, and used from elsewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from tests.clips import ANGRY
from tests.test_project import ROOT, normal, pins
from tests.test_shipped import OTHER_ROUNDING

BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "audiotok", "assets")
CLIP = ANGRY.name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left in the repository."""
    clone, out = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, clone / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), str(clone))
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def pip(command: str, *arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-index")
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, *quiet, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def away(installed: Path, folder: Path, *command: str | Path) -> str:
    """What a command prints that runs in ``folder`` and finds the installed audiotok only."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_command_predicts_as_the_shipped_models_do(installed, tmp_path) -> None:
    script = installed / "bin" / "audiotok"
    clip = shutil.copy(ROOT / "assets" / "examples" / CLIP, tmp_path / "clip.flac")
    examples = json.loads((ROOT / "assets/examples/examples.json").read_text(encoding="utf-8"))
    (text,) = [entry["text"] for entry in examples if entry["file"] == CLIP]
    told = away(installed, tmp_path, script, "predict", clip, "--text", text, "--json")
    found = json.loads(told)
    stored = json.loads((ROOT / "tests/shipped_probabilities.json").read_text(encoding="utf-8"))
    for twin, tolerance in (("text_only", 1e-6), ("text_audio", OTHER_ROUNDING)):
        expected = stored["emotion"][CLIP][twin]
        np.testing.assert_allclose(list(found[twin].values()), expected, atol=tolerance)


def test_audiotok_is_imported_without_gradio_and_serves_its_page_with_it(
    installed, tmp_path
) -> None:
    lines = [
        "import sys",
        "sys.modules['gradio'] = None",
        "import audiotok, audiotok.__main__, audiotok.plots",
        "from audiotok import assets, load",
        "print(audiotok.__file__)",
        "print(assets.EXAMPLES)",
        "print(audiotok.__main__.main(['app']))",
    ]
    *places, code = away(installed, tmp_path, "-c", "\n".join(lines)).splitlines()
    assert all(Path(place).is_relative_to(installed) for place in places)
    assert (Path(places[1]) / CLIP).is_file()
    assert code == "2"
    assert "--uploads-gb" in away(installed, tmp_path, "-m", "audiotok", "app", "--help")


def test_the_page_says_how_to_get_gradio_where_it_is_missing(monkeypatch, capsys) -> None:
    from audiotok.__main__ import main

    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED"):
        monkeypatch.setenv(name, "")  # so that it is as before when the test is over
    assert main(["app"]) == 2
    said = capsys.readouterr().err
    assert "pip install 'audiotok[app]'" in said
    assert said.count("\n") == 1


def test_the_wheel_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"audiotok"}
    held = {name for name in names if name.startswith("audiotok/")}
    code = {path.relative_to(ROOT).as_posix() for path in files_of(ROOT / "audiotok")}
    assert {name for name in held if not name.startswith("audiotok/shipped/")} == {
        name for name in code if not name.startswith("audiotok/shipped/")
    }
    shipped = {path.relative_to(ROOT / "assets").as_posix() for path in files_of(ROOT / "assets")}
    left_out = shipped - {name.removeprefix("audiotok/shipped/") for name in held}
    pictures = {name for name in left_out if name.endswith(".png")}
    measured = {
        f"{task}/measured_{reader}.safetensors"
        for task in ("emotion", "sentiment")
        for reader in ("bag_of_tokens", "encoder_probe")
    }
    notebook = {name for name in left_out if name.startswith("notebook/")}
    assert left_out == pictures | measured | notebook


def files_of(folder: Path) -> Iterator[Path]:
    return (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def test_the_licence_covers_code_weights_and_clips(installed: Path) -> None:
    (folder,) = installed.glob("audiotok-*.dist-info")
    told = PathDistribution(folder)
    assert told.metadata["License-Expression"] == ("Apache-2.0 AND CC-BY-NC-SA-4.0 AND CC0-1.0")
    texts = [
        (folder / "licenses" / name).read_text() for name in told.metadata.get_all("License-File")
    ]
    assert any("Apache License" in text for text in texts)
    assert any("CC BY-NC-SA 4.0" in text and "CC0" in text for text in texts)
    for card in (ROOT / "assets").glob("*/README.md"):
        assert re.search(r"CC BY-NC-SA 4\.0|CC0 1\.0", card.read_text(encoding="utf-8"))


def test_every_pin_lies_in_the_range_that_an_installation_may_take() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert set(extras) == {"app", "train", "report"}
    ranges = [
        Requirement(line) for lines in [project["dependencies"], *extras.values()] for line in lines
    ]
    tested = pins("requirements.txt") | pins("train/requirements.txt")
    for wanted in ranges:
        assert wanted.specifier.contains(tested[normal(wanted.name)]), wanted
        assert {"<"} <= {each.operator for each in wanted.specifier}, wanted
    vocoder = {"pyworld"}  # of the example clips, which only a maintainer makes again
    assert set(tested) - {normal(each.name) for each in ranges} == vocoder
