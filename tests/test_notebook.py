"""The example notebook, run as Jupyter runs it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.test_project import ROOT

NOTEBOOK = ROOT / "assets" / "notebook" / "audiotok.ipynb"
FIGURES = ("verdict_figure", "stream_figure", "token_card_figure", "attention_figure")
OF_ITS_OWN_BUNDLE = ("lasso_path_figure", "embedding_map_figure")


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[nbformat.NotebookNode]:
    """The notebook's cells after it ran where it lies."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    with pytest.MonkeyPatch.context() as patched:
        temporary = tmp_path_factory.mktemp("temporary")
        patched.setenv("TMPDIR", str(temporary))
        patched.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        NotebookClient(notebook, timeout=300, resources=resources).execute()
        assert not list(temporary.glob("*/voices"))
    return notebook.cells


def shown(cells: list[nbformat.NotebookNode], ending: str, kind: str) -> str:
    """What the cell that ends so gives as its result."""
    (cell,) = (c for c in cells if c.cell_type == "code" and last_line(c).startswith(ending))
    (found,) = (out["data"] for out in cell.outputs if out.output_type == "execute_result")
    return found[kind]


def last_line(cell: nbformat.NotebookNode) -> str:
    return cell.source.splitlines()[-1]


def test_the_shipped_models_verdict_tokens_and_attention_are_seen(cells) -> None:
    table = shown(cells, "prediction", "text/html")
    assert "<caption>Don&#x27;t forget a jacket.</caption>" in table
    assert "<td><b>anger</b></td>" in table
    for figure in FIGURES:
        assert len(shown(cells, figure, "image/png")) > 10_000
    assert "'layer': " in shown(cells, "tokens_record", "text/plain")


def test_what_it_trains_tells_an_unseen_voice(cells) -> None:
    for label in ("high", "low"):
        assert f"<td><b>{label}</b></td>" in shown(cells, label, "text/html")
    for figure in OF_ITS_OWN_BUNDLE:
        assert len(shown(cells, figure, "image/png")) > 10_000


def test_it_is_kept_without_results() -> None:
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert str(Path.home()) not in NOTEBOOK.read_text(encoding="utf-8")
