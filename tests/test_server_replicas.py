"""Replicas share the questions; where one fails, the others answer."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from support.qwen_server import Call, Served, serving
from support.server_assets import QUICK, always, answers, bundled_model, connected, of, yes_no

from vidindex.adapters.endpoints.address import Address
from vidindex.adapters.endpoints.endpoint import BadResponse, Endpoint, EndpointBusy
from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.remote.load_balancer import Replica
from vidindex.errors import ModelError
from vidindex.types import Reply


@pytest.fixture(scope="module")
def local() -> TransformersQwen:
    return bundled_model()


@pytest.fixture
def served(local: TransformersQwen) -> Iterator[Served]:
    """One server, from the files of the bundled model."""
    with serving(local, root=str(BUNDLED_FOLDER)) as one:
        yield one


@pytest.fixture
def second(local: TransformersQwen) -> Iterator[Served]:
    with serving(local, root=str(BUNDLED_FOLDER)) as one:
        yield one


def dies_after(served: Served, count: int, call: Call) -> bool:
    return len(served.heard) > count and served.die()


def test_a_question_that_breaks_every_server_is_given_up_alone(
    served: Served, second: Served
) -> None:
    for one in (served, second):
        one.faults.append(of("poison", lambda call: call.drop()))
    model = connected(served, second, options=replace(QUICK, patience_s=60.0))
    there = answers(model, *(yes_no(key) for key in ("1", "poison", "2", "3")))
    assert there.pop("poison").finish_reason == "error"
    assert all(reply.p_yes is not None for reply in there.values())


def test_replicas_share_the_questions(served: Served, second: Served) -> None:
    model = connected(served, second, options=replace(QUICK, requests=2))
    answers(model, *(yes_no(str(number)) for number in range(12)))
    assert min(len(served.heard), len(second.heard)) >= 3
    assert sum(one.answered for one in model.endpoints) == 12
    assert all(len(one.latencies_s) == one.answered for one in model.endpoints)


def test_when_one_replica_dies_the_other_answers_all(served: Served, second: Served) -> None:
    served.faults.append(partial(dies_after, served, 3))
    model = connected(served, second, options=replace(QUICK, requests=2))
    there = answers(model, *(yes_no(str(number)) for number in range(16)))
    assert all(reply.p_yes is not None for reply in there.values())
    dead, alive = model.endpoints
    assert (dead.left_out, alive.left_out) == (1, 0)
    assert dead.answered + alive.answered == 16
    assert model.counts()["asked again"] >= 1


def test_a_replica_that_comes_back_is_asked_again(
    local: TransformersQwen, served: Served, second: Served
) -> None:
    second.close()
    model = connected(served, second)
    assert answers(model, yes_no("1"))["1"].p_yes is not None
    port = int(second.url.rsplit(":", 1)[1].partition("/")[0])
    with serving(local, port, root=str(BUNDLED_FOLDER)) as again:
        until_s = time.monotonic() + 20
        while not again.heard and time.monotonic() < until_s:
            answers(model, *(yes_no(str(number)) for number in range(4)))
        assert again.heard


@pytest.mark.slow
def test_a_replica_that_comes_back_with_another_model_is_not_asked(
    local: TransformersQwen, served: Served, second: Served
) -> None:
    second.close()
    model = connected(served, second)
    answers(model, yes_no("1"))
    port = int(second.url.rsplit(":", 1)[1].partition("/")[0])
    with serving(local, port, name="another") as other:
        until_s = time.monotonic() + 3
        while time.monotonic() < until_s:
            answers(model, *(yes_no(str(number)) for number in range(4)))
        assert not other.heard
    assert model.endpoints[1].requests == 0


def test_when_all_replicas_are_dead_what_was_answered_stays_and_the_reasons_are_said(
    served: Served, second: Served
) -> None:
    for one in (served, second):
        one.faults.append(partial(dies_after, one, 2))
    model = connected(served, second, options=replace(QUICK, requests=1))
    replies: list[tuple[str, Reply]] = []
    with pytest.raises(ModelError) as raised:
        replies.extend(model.answer(yes_no(str(number)) for number in range(20)))
    assert len(replies) == 4
    assert all(reply.p_yes is not None for _, reply in replies)
    assert served.url in raised.value.message
    assert second.url in raised.value.message
    assert "run it again: what was answered is kept" in raised.value.hint


def test_where_one_replicas_account_is_empty_the_other_answers(
    served: Served, second: Served
) -> None:
    served.faults.append(always(402, {"error": {"message": "Insufficient Balance"}}))
    there = answers(connected(served, second), *(yes_no(str(number)) for number in range(4)))
    assert all(reply.p_yes is not None for reply in there.values())


def test_a_replica_that_will_answer_nothing_is_left_out_for_good(
    served: Served, second: Served
) -> None:
    served.faults.append(always(404, {"error": {"message": "no such model here now"}}))
    model = connected(served, second, options=replace(QUICK, requests=2))
    there = answers(model, *(yes_no(str(number)) for number in range(6)))
    assert all(reply.p_yes is not None for reply in there.values())
    assert len(served.heard) <= 2
    assert model.endpoints[1].answered == 6


def test_a_busy_server_is_given_half_of_what_was_too_much() -> None:
    replica = Replica(Endpoint(Address.of("http://127.0.0.1:1", {}), 1.0), room=16, in_flight=6)
    replica.rest(EndpointBusy("too many"), time.monotonic())
    assert replica.room == 3
    replica.rest(BadResponse("killed"), time.monotonic())
    assert replica.room == 3
