"""A model behind an endpoint answers as in this process, whatever fails at the endpoint."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.qwen_assets import ask, frame_batch
from support.qwen_server import Call, Served, frames_of, serving
from support.server_assets import (
    QUICK,
    YES_NO,
    always,
    answers,
    bundled_model,
    connected,
    of,
    once,
    yes_no,
)
from support.web_assets import wait_for

from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.remote.model import RequestOptions
from vidindex.adapters.vision.remote.openai_format import PictureFile, Wire
from vidindex.core.prompts.profile import ground_schema
from vidindex.errors import ModelError
from vidindex.ports import CountsTries
from vidindex.types import Ask


@pytest.fixture(scope="module")
def local() -> TransformersQwen:
    return bundled_model()


@pytest.fixture
def served(local: TransformersQwen) -> Iterator[Served]:
    """One server, from the files of the bundled model."""
    with serving(local, root=str(BUNDLED_FOLDER)) as one:
        yield one


def test_a_server_gives_the_answers_that_the_model_gives_here(
    served: Served, local: TransformersQwen
) -> None:
    asks = []
    for fps in (0.5, 1.0, 2.0, 4.0):
        frames = frame_batch(8, 84, 112, fps)
        asks += [
            ask(f"words {fps}", frames=frames, max_tokens=12),
            ask(f"spans {fps}", "When?", frames=frames, schema=ground_schema(2), max_tokens=60),
            ask(f"yes/no {fps}", "Does it move?", frames=frames, choices=YES_NO),
        ]
    still = frame_batch(1, 84, 112, None)
    asks.append(ask("still", "A red square? Yes or No.", frames=still, choices=YES_NO))
    asks.append(ask("choice", "Left or right?", choices=("left", "right")))
    here, there = answers(local, *asks), answers(connected(served), *asks)
    assert here.keys() == there.keys()
    for key, reply in here.items():
        assert reply.finish_reason != "error"
        assert (there[key].text, there[key].usage) == (reply.text, reply.usage)
        assert there[key].finish_reason == reply.finish_reason
        for said, meant in (
            (there[key].p_yes, reply.p_yes),
            (there[key].yes_no_mass, reply.yes_no_mass),
        ):
            assert said == (meant and pytest.approx(meant, abs=1e-6))


def test_a_clip_is_sent_with_its_rate_and_without_a_loss(served: Served) -> None:
    answers(connected(served), yes_no("it"))
    (body,) = served.heard
    shown = frames_of(body["messages"][1]["content"][:1], body)
    assert (shown.pictures == yes_no("it").frames.pictures).all()
    assert body["media_io_kwargs"] == {"video": {"fps": 1.0, "num_frames": -1}}
    # Otherwise a server takes what is left out from the checkpoint's own settings.
    assert (body["temperature"], body["repetition_penalty"]) == (0.0, 1.0)
    assert (body["max_tokens"], body["top_logprobs"]) == (1, 20)
    assert len(body["logprob_token_ids"]) >= 2


@pytest.mark.parametrize("kind", ["BMP", "PNG"])
def test_pictures_lose_nothing_on_their_way_to_vllm(kind: PictureFile) -> None:
    question = yes_no("it")
    body = json.loads(Wire("any", True, kind, times_as_text=False).body(question))
    shown = frames_of(body["messages"][1]["content"][:1], body)
    assert (shown.pictures == question.frames.pictures).all()
    assert shown.fps == question.frames.fps


def test_questions_are_read_with_a_bounded_look_ahead(served: Served) -> None:
    read = []

    def asks() -> Iterator[Ask]:
        for number in range(12):
            read.append(number)
            yield yes_no(f"{number}")

    replies = connected(served, options=replace(QUICK, requests=3)).answer(asks())
    assert not read
    next(replies)
    assert len(read) <= 4
    assert len(list(replies)) == 11
    assert 1 < served.most_at_once <= 3


def test_a_question_that_cannot_be_asked_stops_no_other(served: Served) -> None:
    huge = ask("huge", frames=frame_batch(4, 280, 280, 1.0))
    sly = ask("sly", "a sign that says <|im_end|>")
    there = answers(connected(served), huge, sly, yes_no("it"))
    assert [there[key].finish_reason for key in ("huge", "sly", "it")] == ["error", "error", "stop"]
    assert "<|im_end|>" in there["sly"].text
    assert len(served.heard) == 1


def test_what_a_server_refuses_comes_back_as_an_error(served: Served) -> None:
    served.faults.append(of("bad", always(400, {"error": {"message": "no such schema"}})))
    model = connected(served)
    there = answers(model, yes_no("bad"), yes_no("good"))
    assert there["bad"].finish_reason == "error"
    assert there["bad"].text == "HTTP 400: no such schema"
    assert there["good"].p_yes is not None
    assert (model.endpoints[0].refused, model.endpoints[0].answered) == (1, 1)


def test_a_busy_server_is_asked_again_not_before_it_said(served: Served) -> None:
    served.faults.append(once(429, {"error": "slow down"}, {"Retry-After": "1"}))
    model, began_s = connected(served), time.monotonic()
    assert answers(model, yes_no("it"))["it"].p_yes is not None
    assert time.monotonic() - began_s >= 1.0
    assert isinstance(model, CountsTries)
    assert model.counts() == {"retries": 1, "found busy": 1, "endpoints left out": 1}


@pytest.mark.parametrize(
    "fault",
    [
        once(500, "out of order"),
        once(200, b"<html>"),
        once(200, {"choices": []}),
        once(200, {"choices": [{"message": {"content": "Yes"}, "finish_reason": "stop"}]}),
    ],
    ids=["500", "no JSON", "no choice", "no usage"],
)
def test_a_reply_that_is_none_is_asked_for_again(served: Served, fault: Any) -> None:
    served.faults.append(fault)
    model = connected(served)
    assert answers(model, yes_no("it"))["it"].p_yes is not None
    assert model.counts() == {"retries": 1, "asked again": 1, "endpoints left out": 1}


def test_a_request_that_is_killed_in_flight_is_asked_again_and_counted(served: Served) -> None:
    left = [True]
    served.faults.append(lambda call: bool(left) and left.pop() and call.drop())
    model = connected(served)
    assert answers(model, yes_no("it"))["it"].p_yes is not None
    assert model.counts() == {"retries": 1, "asked again": 1, "endpoints left out": 1}


def test_a_server_that_hangs_is_not_waited_for_without_end(served: Served) -> None:
    gate = threading.Event()

    def hangs(call: Call) -> bool:
        gate.wait(30)
        return call.drop()

    served.faults.append(of("stuck", hangs))
    model = connected(served, options=RequestOptions(timeout_s=0.3, patience_s=60.0))
    (reply,) = answers(model, yes_no("stuck")).values()
    gate.set()
    assert reply.finish_reason == "error"
    assert reply.text == "asked 4 times in vain, at last: no answer within 0.3 s"


def test_a_server_that_asks_for_more_patience_than_there_is_ends_the_run_at_once(
    served: Served,
) -> None:
    served.faults.append(once(429, {"error": "quota used up"}, {"Retry-After": "3600"}))
    with pytest.raises(ModelError, match="quota used up"):
        answers(connected(served), yes_no("it"))
    assert len(served.heard) == 1


UNPAID = [
    (402, {"error": {"message": "Payment Required"}}),
    (402, b""),
    (400, {"error": {"code": "billing_hard_limit_reached", "message": "Billing hard limit"}}),
    (400, {"code": "Arrearage", "message": "Access denied: account not in good standing"}),
    (
        400,
        {"error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}},
    ),
    (403, {"error": {"code": "AllocationQuota.FreeTierOnly", "message": "free quota used up"}}),
    (403, {"error": {"code": "AccountOverdueError", "message": "overdue"}}),
    (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
    (429, {"error": {"type": "exceeded_current_quota_error", "message": "see your account"}}),
    (429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试"}}),
    (200, {"error": {"code": 402, "message": "Insufficient credits"}}),
]


@pytest.mark.parametrize(
    ("status", "said"), UNPAID, ids=[f"{status} {str(said)[:40]}" for status, said in UNPAID]
)
def test_an_account_without_credit_ends_the_run_at_the_first_question(
    served: Served, status: int, said: Any
) -> None:
    served.faults.append(always(status, said))
    model = connected(served, options=replace(QUICK, requests=1))
    with pytest.raises(ModelError, match="no credit or quota left") as raised:
        answers(model, *(yes_no(str(number)) for number in range(4)))
    assert f"HTTP {402 if status == 200 else status}" in raised.value.message
    assert "billing" in raised.value.hint
    assert len(served.heard) == 1


def test_a_rate_limit_is_no_lack_of_credit(served: Served) -> None:
    for code in ("rate_limit_exceeded", "Throttling.RateQuota"):
        served.faults.append(once(429, {"error": {"code": code, "message": "too many requests"}}))
    model = connected(served)
    assert answers(model, yes_no("it"))["it"].p_yes is not None
    assert model.counts()["found busy"] == 2


def test_a_refusal_that_repeats_a_question_about_billing_is_that_questions_alone(
    served: Served,
) -> None:
    said = {
        "error": {"code": "invalid_request_error", "message": "bad: 'who is at the billing desk'"}
    }
    served.faults.append(of("bad", always(400, said)))
    there = answers(connected(served), yes_no("bad"), yes_no("good"))
    assert (there["bad"].finish_reason, there["good"].finish_reason) == ("error", "stop")


def test_frames_that_a_server_dropped_are_seen_and_its_reply_is_not_believed(
    served: Served,
) -> None:
    served.drops_frames_after = 2
    reply = answers(connected(served), yes_no("it"))["it"]
    assert reply.finish_reason == "error"
    assert reply.p_yes is None
    assert "12 of them pictures" in reply.text
    assert "--trust-request-mm-kwargs" in reply.text
    assert "num_frames" in reply.text


def test_a_server_that_takes_no_frame_rate_is_refused_with_the_remedy(served: Served) -> None:
    said = "media_io_kwargs are disabled. Start the server with --trust-request-mm-kwargs"
    served.faults.append(always(400, {"error": {"message": said}}))
    with pytest.raises(ModelError, match="doctor --serve-command"):
        answers(connected(served), yes_no("it"))


def test_whoever_stops_asking_waits_for_nothing(served: Served) -> None:
    gate = threading.Event()
    asked, released = threading.Event(), list[bool]()

    def holds(_: Call) -> bool:
        asked.set()
        released.append(gate.wait(60))
        return False

    served.faults.append(holds)
    replies = connected(served).answer(
        [yes_no("it"), ask("no", frames=frame_batch(3, 30, 30, 1.0))]
    )
    assert next(replies)[0] == "no"
    assert asked.wait(60)
    replies.close()  # type: ignore[attr-defined]
    gate.set()
    assert wait_for(lambda: released) == [True], "the reply in flight was waited for"
