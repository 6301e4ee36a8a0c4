"""One writer, many readers, crashes and foreign files: what a library withstands and refuses."""

import errno
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from filelock import FileLock
from sqlite_utils import Database
from support.library_assets import add_video, event, video
from support.processes import PIPE, Finished, run_to_end, started

from store import Library
from store.sqlite import network_fs as places
from store.sqlite.migrations import migrations
from store.sqlite.network_fs import network_type
from vidindex.cli.main import run_command
from vidindex.errors import (
    LibraryCorrupt,
    LibraryError,
    LibraryLocked,
    LibraryMismatch,
)
from vidindex.types import (
    EmbeddingSpace,
    Filters,
)

A, B = "a" * 32, "b" * 32
REPOSITORY = Path(__file__).resolve().parents[1]


def run_python(code: str, path: Path) -> Finished:
    """A second process that works on the library, to its end."""
    places = {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"}
    words = [sys.executable, "-c", code, path]
    return run_to_end(words, check=False, cwd=REPOSITORY, env=os.environ | places)


def test_readers_see_what_is_committed_while_a_writer_works(library: Library) -> None:
    library.events.add([event("a red car")])
    with Library.open(library.path) as reader, library.transaction():
        library.events.add([event("a blue car", 20, 30)])
        assert len(reader.full_text.search("car", Filters(), 5)) == 1
    with Library.open(library.path) as reader:
        assert len(reader.full_text.search("car", Filters(globs=("cam1/*",)), 5)) == 2


def test_a_reader_cannot_write(library: Library) -> None:
    with (
        pytest.raises(LibraryError, match="readonly"),
        Library.open(library.path) as reader,
    ):
        reader.events.add([event("a red car")])


def test_a_second_writer_is_told_who_holds_the_library(tmp_path: Path) -> None:
    path = tmp_path / "library"
    code = (
        "import sys; from pathlib import Path; from store import Library\n"
        "library = Library.open(Path(sys.argv[1]), create=True)\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, path]
    with started(words, stdin=PIPE, stdout=PIPE, cwd=REPOSITORY) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(LibraryLocked, match=f"process {holder.pid} on "):
            Library.open(path, write=True)
        Library.open(path).close()
        holder.communicate("")
    Library.open(path, write=True).close()


def test_one_process_cannot_write_twice_either(library: Library) -> None:
    with pytest.raises(LibraryLocked, match=f"process {os.getpid()} on "):
        Library.open(library.path, write=True)


def test_a_file_cannot_be_a_library(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    with pytest.raises(LibraryError, match=r"film\.mp4"):
        Library.open(tmp_path / "film.mp4", create=True)


def test_a_killed_writer_leaves_a_sound_library_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "library"
    code = """if True:
        import os, signal, sys
        from pathlib import Path
        from support.library_assets import add_video, event, video
        from store import Library
        library = Library.open(Path(sys.argv[1]), create=True)
        add_video(library, video(), "film.mp4")
        with library.transaction():
            library.events.add([event(f"committed {i}") for i in range(500)])
            library.work_ledger.finish("a" * 32, "captions", "k")
        with library.transaction():
            library._db.conn.execute("PRAGMA cache_size = 1")  # spill half-done pages to disk
            library.events.add([event(f"lost {i}") for i in range(20000)])
            library.work_ledger.finish("a" * 32, "captions", "k2")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run_python(code, path).returncode == -signal.SIGKILL
    with Library.open(path, write=True) as library:
        assert library.check() == []
        assert library.events.count() == 500
        assert len(library.full_text.search("committed", Filters(), 1000)) == 500
        assert library.full_text.search("lost", Filters(), 10) == []
        assert library.work_ledger.done(A, "captions", "k")


def test_no_library_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"no library at .*vidindex ingest"):
        Library.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_footage_does_not_become_a_library(tmp_path: Path) -> None:
    (tmp_path / "holiday.mp4").touch()
    with pytest.raises(LibraryError, match=r"holiday\.mp4"):
        Library.open(tmp_path, create=True)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "library.db") as other:
        other.execute("CREATE TABLE songs (title)")
    other.close()
    before = (tmp_path / "library.db").read_bytes()
    for write in (False, True):
        with pytest.raises(LibraryCorrupt, match="not a vidindex library"):
            Library.open(tmp_path, write=write)
    assert (tmp_path / "library.db").read_bytes() == before


def test_a_file_that_is_no_database_is_named(library: Library, tmp_path: Path) -> None:
    library.close()
    (library.path / "library.db").write_bytes(b"not a database at all" * 1000)
    for write in (False, True):
        with pytest.raises(LibraryCorrupt, match=r"library\.db.*backup"):
            Library.open(library.path, write=write)


def test_damaged_pages_are_found_and_named(library: Library) -> None:
    library.events.add([event(f"a red car number {i}") for i in range(2000)])
    library.close()
    file = library.path / "library.db"
    data = bytearray(file.read_bytes())
    for start in range(len(data) // 8192 * 4096, len(data), 4096):
        data[start : start + 64] = b"\xff" * 64
    file.write_bytes(data)
    with Library.open(library.path) as reader:
        assert reader.check()

    def read_all() -> None:
        with Library.open(library.path) as reader:
            reader.events.of_video(A)

    with pytest.raises(LibraryCorrupt, match=r"library\.db"):
        read_all()


def test_a_library_of_a_newer_vidindex_is_refused(library: Library) -> None:
    library._db["_sqlite_migrations"].insert(  # type: ignore[union-attr]
        {"migration_set": "vidindex", "name": "m999_holograms", "applied_at": "2031"}
    )
    library.close()
    for write in (False, True):
        with pytest.raises(LibraryMismatch, match=r"newer vidindex \(m999_holograms\)"):
            Library.open(library.path, write=write)


def test_a_library_of_an_older_vidindex_is_brought_up_to_date_on_reading(
    library: Library,
) -> None:
    library._db.execute("DROP TABLE calibrations")
    library._db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm011_calibrations'")
    library.close()
    with Library.open(library.path) as reader:
        assert reader.calibrations.get("a judge") is None
        assert reader.videos.get(A) == video(A)


def test_a_library_on_a_read_only_disk_can_be_read(library: Library, tmp_path: Path) -> None:
    library.events.add([event("a red car")])
    library.close()
    for file in (path for path in library.path.rglob("*") if path.is_file()):
        file.chmod(0o644)  # they were their owner's alone
    for folder in (tmp_path, library.path):
        folder.chmod(0o555)
    code = """if True:
        import os, sys
        from pathlib import Path
        from store import Library
        from vidindex.errors import LibraryError
        from vidindex.types import Filters
        if os.getuid() == 0:
            os.setuid(65534)  # rights do not bind root
        path = Path(sys.argv[1])
        with Library.open(path) as library:
            print(len(library.full_text.search("car", Filters(globs=("*.mp4",)), 5)))
        try:
            Library.open(path, write=True)
        except LibraryError as error:
            print(error.message)
    """
    if os.name != "posix":
        pytest.skip("rights of folders are POSIX")
    for parent in tmp_path.parents:  # of pytest's own, which nobody else may look into
        if parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir()):
            parent.chmod(0o755)
    out = run_python(code, library.path).stdout
    tmp_path.chmod(0o755)
    library.path.chmod(0o755)
    assert out.splitlines() == ["1", f"cannot write to {library.path}"]


def test_network_file_systems_are_told_from_local_ones(tmp_path: Path) -> None:
    share = tmp_path / "my share"
    mounts = (
        "/dev/sda1 / ext4 rw 0 0\n"
        f"server:/x {str(share).replace(' ', chr(92) + '040')} nfs4 rw 0 0\n"
        f"/dev/sdb1 {str(share).replace(' ', chr(92) + '040')}/disk xfs rw 0 0\n"
    )
    assert network_type(share / "library", mounts) == "nfs4"
    assert network_type(share / "disk" / "library", mounts) is None
    assert network_type(tmp_path, mounts) is None


def test_a_copied_library_is_a_library(library: Library, tmp_path: Path) -> None:
    library.events.add([event("a red car")])
    library.close()
    shutil.copytree(library.path, tmp_path / "copy")
    with Library.open(tmp_path / "copy") as copy:
        assert len(copy.full_text.search("car", Filters(), 5)) == 1


def test_opening_a_library_loads_no_search_engine(library: Library) -> None:
    code = (
        "import sys; from pathlib import Path; from store import Library\n"
        "Library.open(Path(sys.argv[1])).close(); print({'faiss', 'torch'} & set(sys.modules))"
    )
    out = run_python(code, library.path).stdout
    assert out == "set()\n"


def test_eight_readers_search_while_a_writer_works_and_see_whole_transactions(
    library: Library,
) -> None:
    """Events come and go by eights, with their vectors; no reader waits, fails or sees a part."""
    library.vectors.require(EmbeddingSpace("mini", "r1", 8))
    done, wrong, rows = threading.Event(), list[str](), np.eye(8, dtype=np.float32)

    def read() -> None:
        try:
            while not done.is_set():
                wrong.extend(parts_seen(library.path, rows[0]))
        except Exception as error:
            wrong.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(8)]
    for thread in readers:
        thread.start()
    for turn in range(40):
        with library.transaction():
            if turn % 3 == 2:
                library.events.replace(A, "caption", [])
            ids = library.events.add([event(f"harbour {turn} {i}", i, i + 1) for i in range(8)])
            library.vectors.put(ids, rows)
        library.vectors.refresh()
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert library.check() == []


def parts_seen(path: Path, vector: npt.NDArray[np.float32]) -> Iterator[str]:
    """Searches of a new reader that found a part of what was committed together."""
    with Library.open(path) as reader:
        for _ in range(20):
            words = reader.full_text.search("harbour", Filters(), 1000)
            near = reader.vectors.search(vector, Filters(), 1000)
            if len(words) % 8 or len(near) % 8:
                yield f"{len(words)} by words, {len(near)} near"


def test_a_lock_file_that_was_left_behind_keeps_nobody_out(library: Library) -> None:
    library.close()
    (library.path / "library.lock").write_bytes(b"")
    (library.path / "library.holder").write_text("process 1 on elsewhere", encoding="utf-8")
    with Library.open(library.path, write=True) as again:
        assert again.videos.get(A)


def test_a_library_on_a_network_file_system_is_refused_unless_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"nas:/x {tmp_path / 'share'} cifs rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(places, "_MOUNTS", mounts)
    with pytest.raises(LibraryError, match=r"network file system \(cifs\).*local disk"):
        Library.open(tmp_path / "share" / "library", create=True)
    Library.open(tmp_path / "share" / "library", create=True, allow_network=True).close()


def test_a_full_disk_is_told_in_a_line_by_the_commands(
    library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library.close()

    def full(*path: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FileLock, "acquire", full)
    assert run_command(["remove", "film.mp4", "--library", str(library.path), "--yes"]) == 2
    assert "No space left on device; look at the disk's space" in capsys.readouterr().err


@pytest.mark.parametrize("step", range(3))
def test_a_library_that_was_killed_while_it_was_made_is_made(tmp_path: Path, step: int) -> None:
    """The file alone; with the table of steps; with the first step done."""
    place = tmp_path / "library"
    place.mkdir()
    db = Database(place / "library.db", execute_plugins=False)
    if step:
        migrations.ensure_migrations_table(db)
    if step == 2:
        migrations.apply(db, stop_before="m002_recordings")
    db.conn.close()
    with Library.open(place, create=True) as library:
        assert library.check() == []
        add_video(library, video(), "film.mp4")
    with Library.open(place) as library:
        assert len(library.videos.all()) == 1


def test_a_library_of_before_the_end_of_pictures_was_kept_opens(tmp_path: Path) -> None:
    place = tmp_path / "library"
    place.mkdir()
    db = Database(place / "library.db", execute_plugins=False)
    migrations.apply(db, stop_before="m020_picture_end")
    info = asdict(video()) | {"recorded_at": None}
    del info["picture_end_s"], info["clock"]
    values = [info["video_id"], info["duration_s"], 0, None, None, json.dumps(info)]
    db.execute("INSERT INTO videos VALUES (?, ?, ?, ?, ?, ?)", values)
    db.conn.close()
    with Library.open(place) as library:
        (kept,) = library.videos.all()
        assert kept.picture_end_s == kept.duration_s == video().duration_s
        assert kept.clock is None
        assert library.coverage().not_seen_s == kept.duration_s
