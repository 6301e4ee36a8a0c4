"""A hosted Qwen takes no frame rate: its clips are pictures with their times in words."""

import io
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from support.qwen_assets import ask, frame_batch
from support.qwen_server import Call, Served, asked, serving

from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.remote.model import RequestOptions, ServerQwen
from vidindex.core.prompts.profile import ground_schema
from vidindex.core.replies import parse_events
from vidindex.errors import ModelNotFound
from vidindex.types import Ask, Reply

YES_NO = ("Yes", "No")


@pytest.fixture(scope="module")
def timed() -> TransformersQwen:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    return TransformersQwen(checkpoint, times_as_text=True)


@pytest.fixture
def hosted(timed: TransformersQwen) -> Iterator[Served]:
    with serving(timed, owned_by="system", version=None, context_tokens=None) as one:
        yield one


def connected(served: Served, **options: Any) -> ServerQwen:
    request_options = RequestOptions(timeout_s=10.0, patience_s=2.0)
    return ServerQwen([served.url], options=request_options, environment={}, **options)


def yes_no(count: int = 4, fps: float = 2.0) -> Ask:
    return ask("it", "Does it move?", frames=frame_batch(count, 84, 112, fps), choices=YES_NO)


def test_its_clips_are_pictures_behind_their_times(hosted: Served, timed: TransformersQwen) -> None:
    ((_, reply),) = connected(hosted).answer([yes_no()])
    (body,) = hosted.heard
    shown = body["messages"][1]["content"]
    kinds = [part["type"] for part in shown]
    assert kinds == ["text", "image_url"] * 4 + ["text"]
    assert [part["text"] for part in shown[::2]] == [
        *("<0.0 seconds>", "<0.5 seconds>", "<1.0 seconds>", "<1.5 seconds>"),
        "Does it move?",
    ]
    assert "media_io_kwargs" not in body
    ((_, here),) = timed.answer([asked(body)])
    assert reply.p_yes == pytest.approx(here.p_yes, abs=1e-6)
    assert reply.usage == here.usage


def test_its_pictures_are_small_files(hosted: Served) -> None:
    list(connected(hosted).answer([yes_no()]))
    url = hosted.heard[0]["messages"][1]["content"][1]["image_url"]["url"]
    head, _, data = url.partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(b64decode(data))) as opened:
        assert (opened.format, opened.size) == ("JPEG", (112, 84))


def test_it_is_another_model_than_the_same_at_its_rate(
    hosted: Served, timed: TransformersQwen
) -> None:
    limits = connected(hosted).limits
    assert limits.identity == "qwen-tiny@as-served served packing/1 jpeg/92 times-as-text/1"
    with serving(timed) as vllm:
        assert connected(vllm).limits.identity == "qwen-tiny@as-served served packing/1"
        in_words = connected(vllm, times_as_text=True)
        assert in_words.limits.identity == "qwen-tiny@as-served served packing/1 times-as-text/1"
        list(in_words.answer([yes_no()]))
        url = vllm.heard[0]["messages"][1]["content"][1]["image_url"]["url"]
        assert url.startswith("data:image/bmp;")


def test_a_name_is_wanted_where_it_does_not_list_its_models(hosted: Served) -> None:
    hosted.cards.clear()
    with pytest.raises(ModelNotFound, match=r"does not say which .*name one"):
        _ = connected(hosted).limits
    ((_, reply),) = connected(hosted, model=hosted.name).answer([yes_no()])
    assert reply.p_yes is not None


def test_where_it_cannot_hold_replies_to_a_schema_it_is_asked_without_and_that_is_counted(
    hosted: Served,
) -> None:
    def no_schema(call: Call) -> bool:
        said = "'response_format' of type json_schema is not supported"
        return "response_format" in call.body and call.say(400, {"error": {"message": said}})

    hosted.faults.append(no_schema)
    model, clip = connected(hosted), frame_batch(4, 84, 112, 2.0)
    grounded = ask("when", "When?", frames=clip, schema=ground_schema(2), max_tokens=40)
    ((_, reply),) = model.answer([grounded])
    assert reply.finish_reason != "error"
    parse_events(reply.text, 2.0)
    assert model.counts() == {"asked without a schema": 1}


def test_without_probabilities_of_its_words_there_is_no_score(hosted: Served) -> None:
    def silent(call: Call) -> bool:
        said = {
            "choices": [{"message": {"content": "Yes"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 90, "completion_tokens": 1},
        }
        return call.say(200, said)

    hosted.faults.append(silent)
    ((_, reply),) = connected(hosted).answer([yes_no()])
    assert (reply.finish_reason, reply.p_yes) == ("error", None)
    assert "logprobs" in reply.text


def completion(content: Any, **changes: Any) -> dict[str, Any]:
    """A reply of 90 and 4 tokens; changes: of the choice, or `usage`."""
    usage = changes.pop("usage", {"prompt_tokens": 90, "completion_tokens": 4})
    choice = {"message": {"content": content}, "finish_reason": "stop", **changes}
    return {"choices": [choice], **({} if usage is None else {"usage": usage})}


def answered(hosted: Served, said: dict[str, Any], **options: Any) -> tuple[Reply, ServerQwen]:
    hosted.faults.append(lambda call: call.say(200, said))
    model = connected(hosted)
    clip = frame_batch(4, 84, 112, 2.0)
    ((_, reply),) = model.answer([ask("it", "When?", frames=clip, max_tokens=40, **options)])
    return reply, model


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        *((end, "stop") for end in ("stop", "STOP", "eos", "eos_token", "end_turn", None, "")),
        *((end, "length") for end in ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens")),
    ],
)
def test_every_name_for_the_end_of_a_reply_is_read(
    hosted: Served, said: str | None, reason: str
) -> None:
    reply, model = answered(hosted, completion("3 s to 5 s", finish_reason=said))
    assert (reply.text, reply.finish_reason) == ("3 s to 5 s", reason)
    assert model.endpoints[0].cut == (reason == "length")


def test_a_reply_without_a_reason_that_used_all_its_tokens_was_cut(hosted: Served) -> None:
    used = {"prompt_tokens": 90, "completion_tokens": 40}
    reply, _ = answered(hosted, completion("3 s to", finish_reason=None, usage=used))
    assert reply.finish_reason == "length"


def test_a_reply_that_a_filter_stopped_is_no_reply(hosted: Served) -> None:
    reply, _ = answered(hosted, completion("", finish_reason="content_filter"))
    assert (reply.finish_reason, "content_filter" in reply.text) == ("error", True)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "3 s "}, {"type": "text", "text": "to 5 s"}],
        [{"type": "reasoning", "text": "perhaps 1 s"}, {"type": "text", "text": "3 s to 5 s"}],
        [{"type": "output_text", "text": "3 s to 5 s"}],
        [{"text": "3 s to 5 s"}],
        ["3 s to ", "5 s"],
    ],
)
def test_a_reply_in_parts_is_their_text(hosted: Served, content: list[Any]) -> None:
    reply, _ = answered(hosted, completion(content))
    assert reply.text == "3 s to 5 s"


@pytest.mark.parametrize(
    ("usage", "tokens", "unsaid"),
    [
        (None, (0, 0), 1),
        ({}, (0, 0), 1),
        ({"prompt_tokens": None, "completion_tokens": None}, (0, 0), 1),
        ({"prompt_tokens": 90}, (90, 0), 1),
        ({"prompt_tokens": 90, "total_tokens": 94}, (90, 4), 0),
        ({"total_tokens": 94, "completion_tokens": 4}, (90, 4), 0),
        ({"input_tokens": 90, "output_tokens": 4}, (90, 4), 0),
    ],
)
def test_a_reply_counts_where_a_hosted_endpoint_does_not_say_all_its_tokens(
    hosted: Served, usage: dict[str, Any] | None, tokens: tuple[int, int], unsaid: int
) -> None:
    reply, model = answered(hosted, completion("3 s to 5 s", usage=usage))
    assert (reply.text, reply.finish_reason) == ("3 s to 5 s", "stop")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == tokens
    assert model.counts().get("replies without token counts", 0) == unsaid
