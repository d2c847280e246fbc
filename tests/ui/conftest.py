from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.page_server import Server, fake_page


@pytest.fixture(scope="package")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page with the fake classifier, in a process of its own."""
    with fake_page(tmp_path_factory.mktemp("page")) as server:
        yield server
