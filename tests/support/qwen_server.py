"""An OpenAI-compatible endpoint of the bundled model on loopback, as vLLM is one, with faults.

A real server over real HTTP: it decodes the pictures that it is sent and asks the model in
this process, so that what comes back depends on every pixel, rate and word of the request.
"""

import base64
import io
import json
import math
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

from vidindex.ports import VisionModel
from vidindex.types import Ask, FrameBatch, Reply

NAME = "qwen-tiny"
CONTEXT_TOKENS = 4096
Fault = Callable[["Call"], bool]
"""Whether this request was answered, with what it should not be."""


@dataclass(slots=True)
class Served:
    """One server: what it says of itself and how it behaves; `heard` are bodies, in order.

    faults: each is put before every request to answer until one says it has answered it.
    """

    model: VisionModel
    name: str = NAME
    root: str = "somewhere/qwen-tiny"
    context_tokens: int | None = CONTEXT_TOKENS
    owned_by: str = "vllm"
    version: str | None = "0.32.0"
    key: str = ""
    token_ids: Callable[[str], list[int]] | None = None
    faults: list[Fault] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    close: Callable[[], None] = lambda: None
    drops_frames_after: int | None = None
    moved_to: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)
    is_dead: bool = False
    most_at_once: int = 0
    at_once: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def die(self) -> bool:
        """As a crash: no reply to what is in flight, no new connection. True, as a fault."""
        self.is_dead = True
        threading.Thread(target=self.close, daemon=True).start()
        return True

    def __post_init__(self) -> None:
        card = {"id": self.name, "object": "model", "owned_by": self.owned_by, "root": self.root}
        self.cards = [card | {"max_model_len": self.context_tokens}]


@dataclass(slots=True)
class Call:
    """One request that wants a completion."""

    handler: "Handler"
    body: dict[str, Any]

    def say(self, status: int, said: Any, headers: dict[str, str] | None = None) -> bool:
        self.handler.say(status, said, headers)
        return True

    def drop(self) -> bool:
        """Break the connection, as a server does that is killed."""
        self.handler.close_connection = True
        with suppress(OSError):
            self.handler.connection.shutdown(socket.SHUT_RDWR)
        return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        served = self.served
        if served.is_dead:
            Call(self, {}).drop()
        elif served.key and self.headers.get("Authorization") != f"Bearer {served.key}":
            self.say(401, {"error": {"message": "Unauthorized"}})
        elif served.moved_to:
            self.say(307, {}, {"Location": served.moved_to})
        elif self.path == "/v1/models":
            self.say(200, {"object": "list", "data": served.cards})
        elif self.path == "/version" and served.version:
            self.say(200, {"version": served.version})
        else:
            self.say(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        served = self.served
        if served.key and self.headers.get("Authorization") != f"Bearer {served.key}":
            self.say(401, {"error": {"message": "Unauthorized"}})
        elif self.path == "/tokenize" and served.token_ids:
            ids = served.token_ids(body["prompt"])
            self.say(200, {"tokens": ids, "count": len(ids), "max_model_len": CONTEXT_TOKENS})
        elif self.path == "/v1/chat/completions":
            self.complete(body)
        else:
            self.say(404, {"detail": "Not Found"})

    def complete(self, body: dict[str, Any]) -> None:
        served = self.served
        with served.lock:
            served.heard.append(body)
            served.headers.append(dict(self.headers))
            served.at_once += 1
            served.most_at_once = max(served.most_at_once, served.at_once)
        try:
            call = Call(self, body)
            if served.is_dead or any(fault(call) for fault in served.faults):
                if served.is_dead:
                    call.drop()
                return
            if body["model"] != served.name:
                self.say(404, {"error": {"message": f"no model `{body['model']}` here"}})
                return
            ask = asked(body)
            if served.drops_frames_after:
                ask = replace(ask, frames=first_of(ask.frames, served.drops_frames_after))
            with served.lock:
                ((_, reply),) = served.model.answer([ask])
            if reply.finish_reason == "error":
                self.say(400, {"error": {"message": reply.text}})
            else:
                self.say(200, completion(ask, reply))
        finally:
            served.at_once -= 1

    def say(self, status: int, said: Any, headers: dict[str, str] | None = None) -> None:
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet where the client went away."""


@contextmanager
def serving(model: VisionModel, port: int = 0, **changes: Any) -> Iterator[Served]:
    """A server that answers; `close` of it closes its port, as one does that is stopped."""
    served = Served(model, **changes)
    handler = type("OneHandler", (Handler,), {"served": served})
    server = Server(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    closed = threading.Event()

    def close() -> None:
        if not closed.is_set():
            closed.set()
            server.shutdown()
            server.server_close()

    served.close = close
    try:
        yield served
    finally:
        close()


def asked(body: dict[str, Any]) -> Ask:
    """The question in a request, as vLLM would understand it."""
    system, user = (message["content"] for message in body["messages"])
    *shown, prompt = user
    form = body.get("response_format") or {}
    choices = tuple((body.get("structured_outputs") or {}).get("choice", ()))
    return Ask(
        key="asked",
        system=system,
        prompt=prompt["text"],
        frames=frames_of(shown, body),
        max_tokens=body["max_tokens"],
        schema=form["json_schema"]["schema"] if form else None,
        choices=("Yes", "No") if body.get("logprobs") else choices,
    )


def frames_of(shown: list[dict[str, Any]], body: dict[str, Any]) -> FrameBatch:
    if shown[0]["type"] == "video_url":
        kind, _, data = shown[0]["video_url"]["url"].partition(";base64,")
        assert kind == "data:video/jpeg"
        settings = (body.get("media_io_kwargs") or {}).get("video", {})
        num_frames = settings.get("num_frames", 32)
        parts = data.split(",")
        pictures = [picture(one) for one in (parts if num_frames < 0 else parts[:num_frames])]
        fps = float(settings.get("fps", 1))
        times = tuple(index / fps for index in range(len(pictures)))
        return FrameBatch(times, times, np.stack(pictures), fps)
    words = [part["text"] for part in shown if part["type"] == "text"]
    times = tuple(float(re.findall(r"[\d.]+", one)[0]) for one in words)
    pictures = [
        picture(part["image_url"]["url"].partition(";base64,")[2])
        for part in shown
        if part["type"] == "image_url"
    ]
    # Any rate: the model behind it is shown pictures, too.
    return FrameBatch(times or (0.0,), times or (0.0,), np.stack(pictures), 1.0 if times else None)


def first_of(frames: FrameBatch, count: int) -> FrameBatch:
    return FrameBatch(
        frames.times_s[:count], frames.pts_s[:count], frames.pictures[:count], frames.fps
    )


def picture(data: str) -> Any:
    with Image.open(io.BytesIO(base64.b64decode(data))) as opened:
        return np.asarray(opened.convert("RGB"))


def completion(ask: Ask, reply: Reply) -> dict[str, Any]:
    """As OpenAI's interface says it."""
    used = reply.usage
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": reply.text},
        "finish_reason": reply.finish_reason,
    }
    if reply.p_yes is not None and reply.yes_no_mass is not None:
        yes, no = reply.p_yes * reply.yes_no_mass, (1 - reply.p_yes) * reply.yes_no_mass
        top = [{"token": "Yes", "logprob": log(yes)}, {"token": " no", "logprob": log(no)}]
        choice["logprobs"] = {"content": [{"token": "Yes", "top_logprobs": top}]}
        choice["finish_reason"] = "length"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [choice],
        "usage": {
            "prompt_tokens": used.prompt_tokens,
            "completion_tokens": used.completion_tokens,
        },
    }


def log(share: float) -> float:
    return math.log(share) if share > 0 else -9999.0
