"""What would fail every question is said once, before anything is asked, with the remedy."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.qwen_assets import ask, frame_batch
from support.qwen_server import CONTEXT_TOKENS, NAME, Served, serving
from transformers import AutoTokenizer

from vidindex.adapters.endpoints.address import Address
from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER, resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.qwen.limits import read_limits
from vidindex.adapters.vision.remote.model import RequestOptions, ServerQwen
from vidindex.composition import build_model
from vidindex.core.families import QWEN25_FAMILY
from vidindex.errors import InputError, ModelError, ModelNotFound
from vidindex.settings import Backend

SECRET = "sk-very-secret"


@pytest.fixture(scope="module")
def local() -> TransformersQwen:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


@pytest.fixture
def served(local: TransformersQwen) -> Iterator[Served]:
    """A server whose checkpoint is not on this machine."""
    with serving(local) as one:
        yield one


def connected(*served: Served, model: str = "auto", **environment: str) -> ServerQwen:
    request_options = RequestOptions(timeout_s=10.0, patience_s=2.0)
    return ServerQwen(
        [one.url for one in served], model, options=request_options, environment=environment
    )


def refusal(*served: Served, model: str = "auto", **environment: str) -> ModelError:
    with pytest.raises(ModelError) as raised:
        _ = connected(*served, model=model, **environment).limits
    assert not any(one.heard for one in served), "no frame has left"
    return raised.value


def test_nobody_listens(served: Served) -> None:
    served.close()
    error = refusal(served)
    assert f"no endpoint answers ({served.url}: no connection" in error.message
    assert "vidindex doctor --serve-command" in error.hint


def test_another_model_than_named_is_served(served: Served) -> None:
    error = refusal(served, model="qwen-large")
    assert isinstance(error, ModelNotFound)
    assert error.message == f"endpoint {served.url} serves {NAME}, not 'qwen-large'"


def test_several_models_are_served_and_none_is_named(served: Served) -> None:
    served.cards.append(served.cards[0] | {"id": "other"})
    assert refusal(served).message == f"endpoint {served.url} serves {NAME}, other"
    assert connected(served, model="other").limits.identity.startswith("other@")


def test_the_context_is_too_small_for_a_clip(served: Served) -> None:
    served.cards[0]["max_model_len"] = 512
    error = refusal(served)
    assert "a context of 512 tokens" in error.message
    assert "--max-model-len" in error.hint


def test_a_vllm_that_loses_the_frame_rate_is_refused(served: Served) -> None:
    served.version = "0.30.1"
    assert "before 0.31 it loses the frame rate" in refusal(served).message


def test_a_key_is_wanted_and_there_is_none(served: Served) -> None:
    served.key = SECRET
    error = refusal(served)
    assert "it wants a key" in error.message
    assert "VIDINDEX_API_KEY" in error.hint


def test_a_wrong_key_is_refused_and_never_shown(served: Served) -> None:
    served.key = "another"
    error = refusal(served, VIDINDEX_API_KEY=SECRET)
    assert "its key is refused" in error.message
    assert SECRET not in str(error)


def test_the_key_goes_to_the_endpoint_and_into_nothing_that_is_kept(served: Served) -> None:
    served.key = SECRET
    model = connected(served, VIDINDEX_API_KEY=SECRET)
    dict(model.answer([ask("it", frames=frame_batch(4, 56, 84, 1.0), max_tokens=2)]))
    assert served.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr((model.limits, model.endpoints, model.counts()))


def test_a_server_that_sends_on_to_another_is_not_followed(served: Served) -> None:
    served.moved_to = "http://elsewhere.example/v1/models"
    assert "sends on to http://elsewhere.example/v1/models" in refusal(served).message


def test_replicas_of_different_models_are_refused(local: TransformersQwen, served: Served) -> None:
    with serving(local, name="other") as other:
        error = refusal(served, other)
    assert f"{served.url}: {NAME}" in error.message
    assert f"{other.url}: other" in error.message


def test_replicas_of_different_weights_under_one_name_are_refused(
    local: TransformersQwen, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(BUNDLED_FOLDER, tmp_path / "other"))
    config = other / "config.json"
    with serving(local, root=str(BUNDLED_FOLDER)) as one, serving(local, root=str(other)) as two:
        assert connected(one, two).limits == connected(one).limits
        config.write_text(config.read_text() + " ")
        assert "different models" in refusal(one, two).message


def test_a_replica_that_is_down_holds_no_other_up(local: TransformersQwen, served: Served) -> None:
    with serving(local) as down:
        down.close()
    model = connected(served, down)
    replies = dict(model.answer([ask("it", frames=frame_batch(4, 56, 84, 1.0), max_tokens=2)]))
    assert replies["it"].finish_reason != "error"
    assert [one.left_out for one in model.endpoints] == [0, 1]


def test_replicas_share_an_identity_and_the_smallest_context(
    local: TransformersQwen, served: Served
) -> None:
    with serving(local) as other:
        other.cards[0]["max_model_len"] = 2048
        limits = connected(served, other).limits
    assert limits.identity == connected(served).limits.identity
    assert (limits.context_tokens, limits.max_video_tokens) == (2048, 1024)


def test_what_can_be_known_of_a_model_elsewhere_is_what_holds_for_all(served: Served) -> None:
    limits = connected(served).limits
    assert limits.identity == f"{NAME}@as-served served packing/1"
    assert (limits.context_tokens, limits.max_frames) == (CONTEXT_TOKENS, QWEN25_FAMILY.max_frames)


def test_a_server_of_files_that_are_here_is_known_by_its_weights(
    local: TransformersQwen, served: Served
) -> None:
    with serving(local, root=str(BUNDLED_FOLDER)) as here:
        limits = connected(here).limits
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    own = read_limits(checkpoint)
    revision = own.identity.split("@")[1].split()[0]
    assert limits.identity == f"{NAME}@{revision} served packing/1"
    assert (limits.max_frames, limits.max_pixels) == (own.max_frames, own.max_pixels)


def test_words_of_a_model_elsewhere_are_counted_by_its_server(served: Served) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(BUNDLED_FOLDER)
    served.token_ids = lambda text: list(tokenizer.encode(text, add_special_tokens=False))
    frames = frame_batch(8, 84, 112, 1.0)
    question = ask("it", "Does it move?", frames=frames, choices=("Yes", "No"))
    ((_, reply),) = connected(served).answer([question])
    assert reply.p_yes is not None
    assert "logprob_token_ids" in served.heard[0]
    served.drops_frames_after = 6
    ((_, reply),) = connected(served).answer([question])
    assert reply.finish_reason == "error"


def test_where_nobody_counts_words_dropped_frames_are_still_seen(served: Served) -> None:
    question = ask("it", "Yes or no?", frames=frame_batch(8, 112, 112, 1.0), max_tokens=2)
    ((_, reply),) = connected(served).answer([question])
    assert reply.finish_reason == "length"
    served.drops_frames_after = 2
    ((_, reply),) = connected(served).answer([question])
    assert reply.finish_reason == "error"
    assert "--trust-request-mm-kwargs" in reply.text


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        (" http://localhost:8000/v1/ ", "http://localhost:8000/v1"),
        ("https://a.example/compatible-mode/v1", "https://a.example/compatible-mode/v1"),
        ("http://gpu:8000/v1/chat/completions", "http://gpu:8000/v1"),
    ],
)
def test_addresses_are_taken_as_people_have_them(written: str, url: str) -> None:
    assert Address.of(written, {}).url == url


@pytest.mark.parametrize(
    "written", ["gpu:8000", "ftp://gpu/v1", "http://", "http://gpu:port/v1", "http://gpu/v1?a=b"]
)
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:8000/v1"):
        Address.of(written, {})


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="VIDINDEX_API_KEY") as raised:
        Address.of(f"https://me:{SECRET}@gpu/v1", {})
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "name", "is_sent"),
    [
        ("http://gpu:8000/v1", "VIDINDEX_API_KEY", True),
        ("https://api.example/v1", "OPENAI_API_KEY", True),
        ("http://127.0.0.1:8000/v1", "OPENAI_API_KEY", True),
        ("http://gpu:8000/v1", "OPENAI_API_KEY", False),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", True),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "OPENAI_API_KEY", False),
        ("https://api.example/v1", "DASHSCOPE_API_KEY", False),
    ],
)
def test_keys_go_where_they_belong_and_never_in_the_clear(
    written: str, name: str, is_sent: bool
) -> None:
    address = Address.of(written, {name: SECRET})
    assert address.key == (SECRET if is_sent else "")
    assert SECRET not in repr(address)


def test_only_an_endpoint_that_is_named_is_ever_asked(served: Served) -> None:
    assert isinstance(build_model("auto", Backend(endpoints=(served.url,))), ServerQwen)
    assert isinstance(build_model("bundled"), TransformersQwen)
    assert build_model("none", Backend(endpoints=(served.url,))) is None
