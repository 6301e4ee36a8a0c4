"""Texts become vectors at an endpoint, with a model of many languages and with its prompts."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import numpy as np
import pytest
from support.e5_server import NAME, e5_server, needs_e5
from support.library_assets import add_video
from support.library_assets import video as some_video

from pipelines.ingest.embedding import embed_new_events
from pipelines.progress import Quiet
from vidindex.adapters.embed_endpoint import EndpointEmbedder
from vidindex.adapters.embed_sentence import SentenceEmbedder
from vidindex.app import Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.prompts.text_models import facts_of, languages_of, with_own_prompts
from vidindex.errors import LibraryMismatch, ModelError, ModelNotFound
from vidindex.settings import Embedding
from vidindex.types import EmbeddingSpace, Event, Span

LINES = (
    "Sie kauft einen neuen Kühlschrank.",
    "Пожарные потушили огонь.",
    "Two men climbed over the fence.",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with e5_server() as address:
        yield address


class Echo(BaseHTTPRequestHandler):
    """Gives vectors made of the lengths of the texts, and keeps what it was asked."""

    asked: ClassVar[list[dict[str, Any]]] = []
    reply: ClassVar[Any] = None
    max_characters = 10_000

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(asked)
        if any(len(text) > self.max_characters for text in asked["input"]):
            self.say(400, {"error": {"message": "too long"}})
            return
        rows = [
            {"index": i, "embedding": [1.0, len(text)]} for i, text in enumerate(asked["input"])
        ]
        self.say(200, {"data": rows[::-1]} if self.reply is None else self.reply)

    def say(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    Echo.asked, Echo.reply, Echo.max_characters = [], None, 10_000
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@needs_e5
def test_a_question_is_near_its_answer_in_another_language(url: str) -> None:
    embedder = EndpointEmbedder(url, "auto", environment={})
    assert embedder.space == EmbeddingSpace(NAME, "served", 384)
    scores = embedder.embed_queries(["fridge", "firemen"]) @ embedder.embed_documents(LINES).T
    assert scores.argmax(axis=1).tolist() == [0, 1]


@needs_e5
@pytest.mark.slow
def test_a_library_is_changed_over_to_an_endpoint_and_asked_in_another_language(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, none = (
        tmp_path / "library",
        ["--model", "none", "--library", str(tmp_path / "library")],
    )
    with open_library(library, Settings(model="none")) as app:
        add_video(app.library, some_video(), "film.mp4")
        app.library.events.add(
            [
                Event("a" * 32, Span(9.0 * i, 9.0 * i + 3), text, "subtitle", "s")
                for i, text in enumerate(LINES)
            ]
        )
        app.library.vectors.require(app.services.embedder.space)
        embed_new_events(app.library, app.services.embedder, Quiet())
    (tmp_path / "footage").mkdir()
    served = ["--embedder-endpoint", url]
    assert run_command(["search", "fridge", *none, *served]) not in (0, 3, 5)
    assert "was embedded with all-MiniLM-L6-v2" in capsys.readouterr().err
    changed = ["ingest", str(tmp_path / "footage"), "--no-ocr", "--re-embed", *none, *served]
    assert run_command(changed) == 0
    capsys.readouterr()
    named = Settings(model="none", embedder=Embedding("auto", url))
    with open_library(library, named, write=False) as app:
        found = app.search("She is buying a new refrigerator.").moments
        assert [moment.text for moment in found][:1] == [LINES[0]]
    assert run_command(["status", *none[2:]]) == 0
    assert "asked in about 100 languages" in capsys.readouterr().out
    with (
        open_library(library, Settings(model="none")) as app,
        pytest.raises(ModelNotFound) as caught,
    ):
        app.search("fridge")
    assert "--embedder-endpoint" in str(caught.value)


def test_prompts_go_before_questions_and_texts(echo: str) -> None:
    embedder = EndpointEmbedder(echo, "intfloat/multilingual-e5-large", environment={})
    embedder.embed_queries(["a fridge"])
    embedder.embed_documents(["b"])
    assert [one["input"] for one in Echo.asked][::-2] == [["passage: b"], ["query: a fridge"]]


def test_vectors_come_in_the_order_of_the_texts_and_have_unit_length(echo: str) -> None:
    rows = EndpointEmbedder(echo, "m", environment={}).embed_documents(["a" * n for n in range(99)])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0)
    assert np.allclose(rows[:, 1] / rows[:, 0], range(99), atol=1e-3)
    assert [len(one["input"]) for one in Echo.asked] == [64, 35, 1]


def test_a_text_that_is_too_long_for_the_server_is_halved(echo: str) -> None:
    Echo.max_characters = 500
    rows = EndpointEmbedder(echo, "m", environment={}).embed_documents(["a", "b" * 3000])
    assert np.allclose(rows[:, 1] / rows[:, 0], [1, 375])


@pytest.mark.parametrize(
    "reply", [{"data": []}, {"data": [{"index": 0, "embedding": ["x"]}]}, {"data": 3}, []]
)
def test_what_is_no_list_of_vectors_ends_the_run(
    echo: str, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidindex.adapters.endpoints.single.FIRST_REST_S", 0.01)
    Echo.reply = reply
    with pytest.raises(ModelError, match="does not embed texts"):
        EndpointEmbedder(echo, "m", environment={}).embed_documents(["a"])


def test_a_library_of_another_length_of_vectors_is_refused(echo: str, tmp_path: Path) -> None:
    with open_library(tmp_path / "library", Settings(model="none")) as app:
        app.library.vectors.require(EmbeddingSpace("m", "served", 3))
    served = Settings(model="none", embedder=Embedding("m", echo))
    with (
        open_library(tmp_path / "library", served) as app,
        pytest.raises(LibraryMismatch, match="served, 3 dimensions"),
    ):
        app.ingest(tmp_path)


def test_prompts_of_the_checkpoint_come_before_those_known_by_name() -> None:
    facts = facts_of("Qwen/Qwen3-Embedding-0.6B")
    assert facts.query_prompt.endswith("\nQuery:")
    own = with_own_prompts(facts, {"query": "ask: ", "document": "text: "})
    assert (own.query_prompt, own.passage_prompt) == ("ask: ", "text: ")


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("all-MiniLM-L6-v2", "English"),
        ("intfloat/multilingual-e5-small", "about 100 languages"),
        ("e5-small-v2", "English"),
        ("my-own-model", "languages not known"),
    ],
)
def test_the_languages_of_a_model_are_those_of_its_name(name: str, languages: str) -> None:
    assert languages_of(name) == languages


def test_auto_is_the_model_of_the_library_else_the_default(tmp_path: Path) -> None:
    assert SentenceEmbedder("auto").space == SentenceEmbedder().space
    assert SentenceEmbedder("auto", used="all-MiniLM-L6-v2").space == SentenceEmbedder().space
    with pytest.raises(ModelNotFound, match="embedded with some-model"):
        _ = SentenceEmbedder("auto", used="some-model").space


def test_auto_takes_a_multilingual_model_that_is_here_for_a_new_library(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A cache as the hub lays it out, with the weights of another model under that name."""
    name, place = "intfloat/multilingual-e5-small", tmp_path / "hub"
    kept = place / "models--intfloat--multilingual-e5-small"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("abc")
    (kept / "snapshots").mkdir()
    (kept / "snapshots" / "abc").symlink_to(SentenceEmbedder().folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(place))
    found = SentenceEmbedder("auto")
    assert found.space.model == name.rsplit("/", 1)[-1]
    assert found.space.revision != SentenceEmbedder().space.revision  # it has prompts
    assert not np.allclose(found.embed_queries(["a"]), found.embed_documents(["a"]))
