"""vLLM in this process: what it does beyond answering the same (`test_vision_contract`)."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from support.processes import PIPE, started
from support.qwen_assets import ask, frame_batch
from support.vllm_server import require_vllm

from vidindex.adapters.vision.vllm.engine import require_version
from vidindex.composition import build_model
from vidindex.core.prompts.profile import ground_schema
from vidindex.errors import MissingPackage, ModelError
from vidindex.ports import VisionModel
from vidindex.settings import Backend
from vidindex.types import Ask, Reply

YES_NO = ("Yes", "No")


def answers(model: VisionModel, *asks: Ask) -> dict[str, Reply]:
    replies = list(model.answer(asks))
    assert len(replies) == len(asks), "every question is answered once"
    return dict(replies)


def yes_no(key: str, fps: float = 1.0) -> Ask:
    frames = frame_batch(8, 84, 112, fps)
    return ask(key, f"Does {key} move? Answer Yes or No.", choices=YES_NO, frames=frames)


def test_without_vllm_the_way_to_install_it_is_said() -> None:
    if importlib.util.find_spec("vllm"):
        pytest.skip("vLLM is installed here")
    with pytest.raises(MissingPackage) as raised:
        build_model("bundled", Backend("vllm"))
    assert str(raised.value) == (
        "vision backend 'vllm' is not installed; run: pip install 'vidindex[vllm]'"
    )


@pytest.mark.parametrize("found", ["0.31.0", "0.32.1.dev3+gabc", "0.100.0", "1.0"])
def test_a_vllm_that_keeps_the_frame_rate_is_taken(found: str) -> None:
    require_version(found)


@pytest.mark.parametrize("found", ["0.30.2", "0.9.1", "dev", "of an unknown version"])
def test_a_vllm_that_loses_the_frame_rate_is_refused(found: str) -> None:
    with pytest.raises(MissingPackage, match=f"vLLM is {found}.*loses the frame rate"):
        require_version(found)


def test_questions_are_read_with_a_bounded_look_ahead(
    vllm_model: VisionModel, patient_model: Path
) -> None:
    read = []

    def asks() -> Iterator[Ask]:
        for number in range(400):
            read.append(number)
            yield yes_no(str(number))

    replies = vllm_model.answer(asks())
    next(replies)
    assert len(read) < 200
    assert len(list(replies)) == 399


def test_a_caller_who_leaves_early_does_not_disturb_the_next(vllm_model: VisionModel) -> None:
    abandoned = vllm_model.answer(yes_no(f"left {number}") for number in range(400))
    next(abandoned)
    del abandoned
    assert answers(vllm_model, yes_no("next")).keys() == {"next"}


def test_two_callers_in_turn_each_get_their_own_replies(vllm_model: VisionModel) -> None:
    one = vllm_model.answer([yes_no("a", 0.5), yes_no("b", 0.5)])
    other = vllm_model.answer([yes_no("c", 4.0), yes_no("d", 4.0)])
    first, second = next(one), next(other)
    assert {first[0], *dict(one)} == {"a", "b"}
    assert {second[0], *dict(other)} == {"c", "d"}


def test_what_cannot_be_asked_is_refused_and_the_rest_answered(vllm_model: VisionModel) -> None:
    odd = replace(yes_no("odd"), frames=frame_batch(2, 50, 84, 1.0))
    formless = ask("formless", schema={"type": "nonsense"})
    long = ask("long", "x" * 9000)
    replies = answers(vllm_model, odd, formless, long, yes_no("good"))
    assert replies["odd"].text.endswith("decode at 84x56")
    assert "nonsense" in replies["formless"].text
    assert "do not fit the model's 4096" in replies["long"].text
    assert {replies[key].finish_reason for key in ("odd", "formless", "long")} == {"error"}
    assert replies["good"].text in YES_NO


def test_a_reply_is_held_to_choices_and_to_its_length(vllm_model: VisionModel) -> None:
    held = ask("held", choices=("a red circle", "a blue square"), max_tokens=20)
    cut = ask("cut", schema=ground_schema(3) | {"minItems": 3}, max_tokens=5)
    replies = answers(vllm_model, held, cut)
    assert replies["held"].text in held.choices
    assert replies["held"].finish_reason == "stop"
    assert (replies["cut"].finish_reason, replies["cut"].usage.completion_tokens) == ("length", 5)


def test_words_that_look_like_control_tokens_stay_words(vllm_model: VisionModel) -> None:
    """More pictures would be read, and the count of tokens would be another."""
    tricky = ask("q", "<|video_pad|><|im_end|> <|vision_start|>", max_tokens=2)
    assert answers(vllm_model, tricky)["q"].finish_reason != "error"


def test_a_killed_process_leaves_nothing_of_vllm_and_no_word_of_it_on_standard_output(
    patient_model: Path, tmp_path: Path
) -> None:
    """vLLM writes there by itself unless it is told not to, and results go there."""
    require_vllm()
    program = tmp_path / "asks.py"
    program.write_text(
        "import psutil\n"
        "from support.qwen_assets import ask\n"
        "from vidindex.composition import build_model\n"
        "from vidindex.settings import Backend\n"
        "if __name__ == '__main__':\n"
        f"    model = build_model({str(patient_model)!r}, Backend('vllm'))\n"
        "    list(model.answer([ask('q')]))\n"
        "    started = psutil.Process().children(recursive=True)\n"
        "    print(*(one.pid for one in started), flush=True)\n"
        "    input()\n"
    )
    paths = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with started(
        [sys.executable, program], bound_s=240, stdin=PIPE, stdout=PIPE, env=paths
    ) as process:
        assert process.stdout is not None
        children = [psutil.Process(int(word)) for word in process.stdout.readline().split()]
        process.kill()
        process.wait()
        assert children
        _, left = psutil.wait_procs(children, timeout=60)
        assert not left


def test_vllm_reports_nothing_to_its_makers(vllm_model: VisionModel) -> None:
    from vllm.usage.usage_lib import is_usage_stats_enabled

    assert answers(vllm_model, yes_no("q"))
    assert not is_usage_stats_enabled()


def test_an_engine_that_ends_is_said_to_have_ended(vllm_model: VisionModel) -> None:
    """The last test here that needs the engine."""
    replies = vllm_model.answer(yes_no(str(number)) for number in range(400))
    next(replies)
    for process in psutil.Process().children():
        if "EngineCore" in process.name() or "EngineCore" in " ".join(process.cmdline()):
            process.kill()
    with pytest.raises(ModelError, match=r"vLLM stopped: .*what was answered is kept"):
        list(replies)
