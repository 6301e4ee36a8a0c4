"""Texts in scripts that the text model does not know: no vector, no meaning; searches say so."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support import film_assets as films

from pipelines.inference.near_line import line_of
from pipelines.ingest.embedding import BackgroundEmbedder, embed_new_events
from pipelines.progress import Quiet
from pipelines.search.retrieval import candidates
from store.library import Library
from vidindex.adapters.embed_sentence import SentenceEmbedder
from vidindex.app import App, Settings, open_library
from vidindex.types import Query

THAI, AMHARIC = "ประตูสีแดงเปิดอยู่", "ቀይ መኪና በድልድዩ ላይ"
LINES = [THAI, AMHARIC, "A red car drives over the wet bridge", "ሰላም red car"]
NO_MODELS = Settings(model="none", ocr=False)


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A library of one film with a subtitle in each of four scripts, or mixes of them."""
    film = tmp_path / "film.mp4"
    films.titled(film, [(8, "REEL")])
    cues = [
        f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n" for n, line in enumerate(LINES, start=1)
    ]
    film.with_suffix(".srt").write_text("\n".join(cues), encoding="utf-8")
    with open_library(tmp_path / "library", NO_MODELS) as opened:
        opened.ingest(film)
        yield opened


def texts(library: Library, query: str, embedder: SentenceEmbedder) -> list[str]:
    found = candidates(library, embedder, Query(query), 10, ("meaning",))
    return [hit.event.text for hit in found]


def test_events_that_cannot_be_read_get_no_vector_and_are_not_tried_again(
    app: App, embedder: SentenceEmbedder
) -> None:
    vectors = app.library.vectors
    assert (vectors.count_missing(), vectors.count_unreadable()) == (0, 2)
    assert embed_new_events(app.library, embedder, Quiet()) == 0
    assert app.library.check() == []
    app.library.repair()
    assert (vectors.count_missing(), vectors.count_unreadable()) == (0, 2)


def test_an_ingest_says_how_many_events_it_could_not_read(tmp_path: Path, app: App) -> None:
    report = app.ingest(tmp_path / "film.mp4", re_embed=True)
    assert [note for note in report.notes if note.startswith("2 events hold nothing that")]
    assert (app.library.vectors.count_missing(), app.library.vectors.count_unreadable()) == (0, 2)
    again = app.ingest(tmp_path / "film.mp4")
    assert not [note for note in again.notes if "hold nothing that" in note]


def test_batches_made_beside_other_work_leave_out_what_cannot_be_read(
    app: App, embedder: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.ingest.embedding.BATCH_SIZE", len(LINES))
    app.library.staged_vectors.begin(embedder.space)
    app.library.staged_vectors.promote()  # with nothing staged, every event awaits a vector
    beside = BackgroundEmbedder(app.library, embedder)
    beside.step()
    beside.finish()
    assert (app.library.vectors.count_missing(), app.library.vectors.count_unreadable()) == (0, 2)


def test_a_removed_event_that_could_not_be_read_leaves_nothing_behind(app: App) -> None:
    (video,) = app.library.videos.all()
    app.library.remove(video.video_id)
    vectors = app.library.vectors
    assert (vectors.count_missing(), vectors.count_unreadable()) == (0, 0)


def test_a_question_that_cannot_be_read_is_answered_by_words_and_says_so(app: App) -> None:
    found = app.search("መኪና", verify=False)
    assert [moment.text for moment in found.moments] == [AMHARIC]
    assert "cannot read this question" in found.notes[0]
    for words in ("ድመት አይጥ", "слон"):  # of the second script, the model knows the letters
        absent = app.search(words, verify=False)
        assert not absent.moments
        assert "all-MiniLM-L6-v2" in absent.notes[0]
    answer = app.ask("ድመት አይጥ")
    assert "cannot read this question" in answer.notes[0]


def test_a_question_that_can_be_read_in_part_keeps_its_meaning(
    app: App, embedder: SentenceEmbedder
) -> None:
    assert app.search("ሰላም a red automobile", verify=False).notes == ()
    assert LINES[2] in texts(app.library, "ሰላም a red automobile on a bridge", embedder)
    assert "ሰላም red car" in texts(app.library, "a red car", embedder)


def test_vectors_of_unreadable_texts_in_an_older_library_make_no_hits(
    app: App, embedder: SentenceEmbedder
) -> None:
    """Older releases embedded every text; the vectors of unreadable ones are nearly the same."""
    (video,) = app.library.videos.all()
    events = app.library.events.of_video(video.video_id)
    old = [event.event_id for event in events if event.text in (THAI, AMHARIC)]
    (alike,) = embedder.embed_documents(["[UNK]"])
    app.library._db.execute("DROP TABLE events_unreadable")
    app.library._db.execute("DELETE FROM _sqlite_migrations WHERE name LIKE '%_unreadable_events'")
    app.library.vectors.put([one for one in old if one], np.stack([alike, alike]))
    path = app.library.path
    app.library.close()
    with open_library(path, NO_MODELS) as reopened:
        query = "[UNK] [UNK] unknown"
        (near,) = embedder.embed_queries([query])
        nearest = reopened.library.vectors.search(near, Query(query).filters, 2)
        assert {event_id for event_id, _ in nearest} == set(old)
        assert min(score for _, score in nearest) > line_of(reopened.library, embedder).line
        assert not {THAI, AMHARIC} & {*texts(reopened.library, query, embedder)}
        assert texts(reopened.library, "a red automobile", embedder)
        assert reopened.library.check() == []


def test_a_search_in_a_terminal_notes_that_only_words_were_looked_for(
    app: App, tmp_path: Path
) -> None:
    from vidindex.cli.main import group

    place = app.library.path
    app.library.close()
    words = ["search", AMHARIC, "--library", str(place), "--model", "none", "--no-verify", "--json"]
    done = CliRunner().invoke(group, words, standalone_mode=False)
    assert "note: the text model (all-MiniLM-L6-v2) cannot read this question" in done.stderr
    told = json.loads(done.stdout)
    assert [moment["text"] for moment in told["moments"]] == [AMHARIC]
    assert told["notes"]
