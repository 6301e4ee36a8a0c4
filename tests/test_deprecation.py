"""Renamed public names keep working with a warning, and unknown names fail as always."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vidindex.app
from store.library import RENAMED as OF_LIBRARY
from vidindex import Settings, open_library
from vidindex.app.base import RENAMED as OF_APP
from vidindex.app.browsing import Browsing
from vidindex.app.exporting import Exporting
from vidindex.app.retention import Retention


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("renamed") / "library"
    with open_library(folder, Settings(model="none", ocr=False)) as opened:
        yield opened


@pytest.mark.parametrize(("old", "new"), OF_LIBRARY.items())
def test_an_old_name_of_a_library_is_the_new_one_with_a_warning(
    app: Any, old: str, new: str
) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old}.*{new}") as warned:
        assert getattr(app.library, old) == getattr(app.library, new)
    assert Path(warned[0].filename) == Path(__file__)


@pytest.mark.parametrize(("old", "new"), OF_APP.items())
def test_an_old_name_of_an_app_is_the_new_one_with_a_warning(app: Any, old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old}.*{new}"):
        assert getattr(app, old) is getattr(app, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("LookingUp", Browsing), ("HandingOver", Exporting), ("Retaining", Retention)],
)
def test_an_old_name_in_the_module_is_the_new_one_with_a_warning(old: str, new: type) -> None:
    with pytest.warns(DeprecationWarning, match=old):
        assert getattr(vidindex.app, old) is new


def test_a_name_that_never_was_is_an_attribute_error(app: Any) -> None:
    for owner in (app, app.library, vidindex.app):
        with pytest.raises(AttributeError, match="no attribute 'finds'"):
            owner.finds  # noqa: B018
