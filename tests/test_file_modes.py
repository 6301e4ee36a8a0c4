"""Files of a library are their owner's, or also the group's that its folder is meant for."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from support.clip_assets import make
from support.web_assets import served, wait_for

from store import Library
from store.audit_log import AuditLog
from vidindex.app import Settings, open_library
from vidindex.web.sessions import Sessions
from vidindex.web.state import ServerOptions
from vidindex.web.tokens import Tokens

PLAIN = Settings(model="none")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")


@pytest.fixture(autouse=True)
def usual_umask() -> None:
    os.umask(0o022)


def modes(folder: Path) -> dict[str, int]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {name: stat.S_IMODE(path.stat().st_mode) for name, path in found.items()}


def test_everything_in_a_new_library_is_its_owners(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    library, log = tmp_path / "new" / "library", tmp_path / "run.log"
    film = tmp_path / "film.mkv"
    shutil.copy(make("offset", tmp_path_factory).path, film)
    film.with_suffix(".srt").write_text(
        "1\n00:00:00,000 --> 00:00:01,000\na gate opens\n", encoding="utf-8"
    )
    with open_library(library, PLAIN) as app:
        app.ingest(film, log_file=log)
        ((video_id, _),) = app.find(["film.mkv"]).items()
        Sessions(library).begin(Tokens(library).add("anna"))
        AuditLog(library).write("anna", "search")
        seen = modes(library)  # with the log of the database and the lock
    with served(ServerOptions(library, PLAIN)) as client:
        path = f"/api/videos/{video_id}/media"
        wait_for(lambda: client.get(path).status_code != 202)
        seen |= modes(library)
    assert stat.S_IMODE(library.stat().st_mode) == 0o700
    assert {"library.db", "library.db-wal", "vectors", "audit.log", "tokens.json"} <= {*seen}
    assert f"proxies/{video_id}/proxy.mp4" in seen
    assert {name: f"{mode:o}" for name, mode in seen.items() if mode & 0o077} == {}
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("folder", "file"), [(0o770, 0o660), (0o750, 0o640), (0o2775, 0o660), (0o755, 0o600)]
)
def test_a_folder_that_is_meant_for_a_group_keeps_its_group(
    tmp_path: Path, folder: int, file: int
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    library.chmod(folder)
    Library.open(library, create=True).close()
    assert stat.S_IMODE(library.stat().st_mode) == folder
    assert stat.S_IMODE((library / "library.db").stat().st_mode) == file


def test_a_library_that_was_there_keeps_its_modes(tmp_path: Path) -> None:
    library = tmp_path / "library"
    Library.open(library, create=True).close()
    (library / "library.db").chmod(0o644)
    library.chmod(0o755)
    Library.open(library, write=True).close()
    assert stat.S_IMODE((library / "library.db").stat().st_mode) == 0o644
    assert stat.S_IMODE(library.stat().st_mode) == 0o755
