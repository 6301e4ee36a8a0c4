"""Questions to the bundled model behind endpoints, and faults of the endpoints."""

from typing import Any

from support.qwen_assets import ask, frame_batch
from support.qwen_server import Call, Served
from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.remote.model import RequestOptions, ServerQwen
from vidindex.ports import VisionModel
from vidindex.types import Ask, Reply

QUICK = RequestOptions(timeout_s=10.0, patience_s=2.0)
YES_NO = ("Yes", "No")


def bundled_model() -> TransformersQwen:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


def connected(*served: Served, **options: Any) -> ServerQwen:
    chosen: dict[str, Any] = {"options": QUICK, "environment": {}} | options
    return ServerQwen([one.url for one in served], **chosen)


def answers(model: VisionModel, *asks: Ask) -> dict[str, Reply]:
    replies = list(model.answer(asks))
    assert len(replies) == len(asks), "every question is answered once"
    return dict(replies)


def yes_no(key: str) -> Ask:
    """A question that takes one token to answer."""
    frames = frame_batch(4, 56, 84, 1.0)
    return ask(key, f"Does {key} move?", choices=YES_NO, frames=frames, max_tokens=1)


def once(status: int, said: Any = "", headers: dict[str, str] | None = None) -> Any:
    """A fault of the first request only."""
    left = [True]

    def fault(call: Call) -> bool:
        return bool(left) and left.pop() and call.say(status, said, headers)

    return fault


def always(status: int, said: Any = "") -> Any:
    return lambda call: call.say(status, said)


def of(key: str, fault: Any) -> Any:
    """The same fault, of requests about `key` only."""
    return lambda call: key in str(call.body["messages"][1]["content"][-1]) and fault(call)
