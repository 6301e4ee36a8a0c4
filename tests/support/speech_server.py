"""An OpenAI-compatible transcription endpoint on loopback: real Whisper tiny.en over real HTTP.

As OpenAI's it gives words beside the segments, without punctuation; as vLLM's, segments only.
"""

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, Form, Request, UploadFile
from fastapi.responses import JSONResponse

from vidindex.adapters.speech.whisper import load_model

NAME = "whisper-tiny-en"
START_S = 10.0


@dataclass(slots=True)
class SpeechServer:
    """gives: which times. failures: statuses of the next replies that are not given.

    asked: the form of each request that was answered.
    """

    url: str
    model: Any
    gives: Literal["words", "segments", "text"] = "words"
    failures: list[int] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def speech_server(weights: str) -> Iterator[SpeechServer]:
    """A server that ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = SpeechServer(f"http://127.0.0.1:{port}/v1", load_model(weights))
    config = uvicorn.Config(_app(served), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline_s = time.monotonic() + START_S
    while not server.started and time.monotonic() < deadline_s:
        time.sleep(0.02)
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join(START_S)


def _app(served: SpeechServer) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": NAME, "object": "model"}]}

    @app.post("/v1/audio/transcriptions")
    async def transcriptions(
        request: Request,
        file: UploadFile,
        model: Annotated[str, Form()],
        response_format: Annotated[str, Form()] = "json",
        prompt: Annotated[str, Form()] = "",
    ) -> JSONResponse:
        if served.failures:
            return JSONResponse({"error": {"message": "no"}}, served.failures.pop(0))
        if model != NAME:
            return JSONResponse({"error": {"message": f"no model {model}"}}, 404)
        form = await request.form()
        granularities = form.getlist("timestamp_granularities[]")
        served.asked.append({"prompt": prompt, "granularities": granularities})
        assert response_format == "verbose_json"
        return JSONResponse(_transcribed(served, await file.read()))

    return app


def _transcribed(served: SpeechServer, content: bytes) -> dict[str, Any]:
    found, info = served.model.transcribe(
        io.BytesIO(content), word_timestamps=True, condition_on_previous_text=False, temperature=0.0
    )
    segments = list(found)
    reply: dict[str, Any] = {
        "language": "english",
        "duration": info.duration,
        "text": "".join(one.text for one in segments),
    }
    if served.gives != "text":
        reply["segments"] = [
            {"start": one.start, "end": one.end, "text": one.text, "avg_logprob": one.avg_logprob}
            for one in segments
        ]
    if served.gives == "words":
        reply["words"] = [
            {"word": word.word.strip(" .,!?"), "start": word.start, "end": word.end}
            for one in segments
            for word in one.words
        ]
    return reply
