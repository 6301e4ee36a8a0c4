"""What the shell searches and takes out is in the audit log, and the log can be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import film_assets as films

from store.audit_log import AuditLog
from vidindex.app import Settings, open_library
from vidindex.app.auditing import user_name
from vidindex.cli.main import run_command


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one film with two titles."""
    folder = tmp_path_factory.mktemp("audited")
    films.titled(folder / "film.mp4", [(1, "REEL ONE"), (1, "THE END")])
    with open_library(folder / "library", Settings(model="none")) as app:
        app.ingest(folder / "film.mp4")
    return folder / "library"


@pytest.fixture
def library(made: Path) -> Path:
    """The same library with an empty log."""
    (made / "audit.log").unlink(missing_ok=True)
    return made


def run(library: Path, *words: object) -> int:
    return run_command([*map(str, words), "--library", str(library)])


def lines(library: Path) -> list[dict[str, Any]]:
    entries, broken = AuditLog(library).read()
    assert broken == 0
    return entries


def test_a_search_of_the_shell_is_logged_with_its_user_words_and_results(library: Path) -> None:
    run(library, "search", "REEL", "ONE", "--model", "none")
    searched, found = lines(library)
    assert (searched["who"], searched["by"], searched["what"]) == (user_name(), "shell", "search")
    assert searched["query"]["text"] == "REEL ONE"
    assert (found["what"], found["results"]) == ("found", 2)


def test_what_is_taken_out_is_logged_by_ids_and_times_and_never_by_names(
    library: Path, tmp_path: Path
) -> None:
    run(library, "search", "REEL", "--model", "none", "--export", tmp_path / "hits.csv")
    run(library, "clip", "film.mp4@00:00-00:01", "-o", tmp_path / "clips")
    run(library, "evidence", "1", "-o", tmp_path / "package")
    run(library, "export", "film.mp4", "--format", "csv", "-o", tmp_path / "film.csv")
    run(library, "export", "--format", "jsonl", "-o", tmp_path / "all.jsonl")
    taken = [line for line in lines(library) if line["what"] == "export"]
    (video_id,) = taken[0]["which"]
    assert taken[0]["format"] == ["csv"]
    assert [line["format"] for line in taken[1:]] == ["mp4", "evidence", "csv", "jsonl"]
    assert taken[1]["hits"][0] == {"which": video_id, "span": {"start_s": 0.0, "end_s": 1.0}}
    assert taken[2]["hits"][0]["which"] == video_id
    assert [line["which"] for line in taken[3:]] == [[video_id], "all"]
    assert b"film.mp4" not in (library / "audit.log").read_bytes()


def test_a_question_and_its_answer_are_logged(library: Path) -> None:
    run(library, "ask", "is there a reel?", "--model", "none")
    asked, answered = lines(library)
    assert (asked["what"], asked["question"]) == ("ask", "is there a reel?")
    assert (answered["what"], answered["verdict"]) == ("answered", "yes")


def test_the_log_is_shown_narrowed_by_user_kind_time_and_number(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = AuditLog(library)
    for number in range(3):
        log.write("ann", "search", text=f"a gate {number}")
    log.write("bob", "export", format="csv")

    def shown(*words: str) -> list[dict[str, Any]]:
        assert run(library, "audit", "--json", *words) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    assert [line["who"] for line in shown()] == ["ann", "ann", "ann", "bob"]
    assert [line["text"] for line in shown("--who", "ann", "--last", "1")] == ["a gate 2"]
    assert [line["who"] for line in shown("--what", "export")] == ["bob"]
    assert shown("--since", "2999-01-01") == []
    run(library, "audit", "--who", "bob")
    assert capsys.readouterr().out.endswith('  bob  export  format="csv"\n')


def test_broken_lines_are_counted_and_the_others_shown(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    AuditLog(library).write("ann", "search", text="a gate")
    with (library / "audit.log").open("ab") as log:
        log.write(b'[]\n{"at": "yesterday", "who": "x", "what": "y"}\n\xff\n{"at": "20')
    assert run(library, "audit") == 0
    shown = capsys.readouterr()
    assert shown.out.count("\n") == 1
    assert "4 lines" in shown.err


def test_an_empty_log_says_so(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(library, "audit") == 0
    assert capsys.readouterr().out == "nothing is logged\n"


def test_a_search_that_cannot_be_logged_says_so_and_is_made(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "audit.log").mkdir()
    try:
        run(library, "search", "REEL", "--model", "none")
    finally:
        (library / "audit.log").rmdir()
    shown = capsys.readouterr()
    assert "not in the audit log" in shown.err
    assert "film.mp4" in shown.out
