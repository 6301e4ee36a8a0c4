"""The command line that serves a model: on which cards it fits, and what is in it."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from vidindex.adapters.checkpoints.device import Device
from vidindex.adapters.vision.checkpoints.catalog import (
    BUNDLED_FOLDER,
    Checkpoint,
    read_config,
    resolve,
)
from vidindex.adapters.vision.vllm.placement import (
    WORKING_BYTES,
    Gpu,
    Placement,
    ServedModel,
    bytes_per_card,
    place,
    serve_commands,
)
from vidindex.cli.main import run_command
from vidindex.errors import ModelTooLarge

GIB = 1 << 30
SMALL, LARGE = Gpu("24 GB", 24 * GIB), Gpu("80 GB", 80 * GIB)

# Shapes of the published configurations; weights in bfloat16, or as stored.
SEVEN = ServedModel("7B", "/models/7B", "bfloat16", 16_584_333_312, 128_000, 28, 28, 4, 128, 18_944)
LARGEST = ServedModel(
    "72B", "/models/72B", "bfloat16", 146_822_000_000, 128_000, 80, 64, 8, 128, 29_568
)
LARGEST_AWQ = replace(
    LARGEST,
    name="72B-AWQ",
    dtype="auto",
    weight_bytes=43_000_000_000,
    feed_forward_size=29_696,
    group_size=128,
)


def flags(command: str) -> dict[str, str]:
    """Flags of one line with their values; "" for those that have none."""
    words = shlex.split(command)
    return {
        word.removeprefix("--"): "" if after.startswith("--") else after
        for word, after in zip(words, [*words[1:], "--"], strict=True)
        if word.startswith("--")
    }


def test_seven_billion_weights_go_on_one_small_card_with_room_for_whole_calls() -> None:
    assert place(SEVEN, [SMALL]) == Placement(1, 32_768, 0.9)


def test_several_cards_hold_several_replicas_each_on_its_own_card_and_port() -> None:
    commands = serve_commands(SEVEN, [SMALL] * 3)
    assert [flags(command)["port"] for command in commands] == ["8000", "8001", "8002"]
    taken = [word for command in commands for word in command.split() if "CUDA_VISIBLE" in word]
    assert taken == [f"CUDA_VISIBLE_DEVICES={card}" for card in range(3)]


def test_the_largest_is_shared_out_over_two_large_cards_with_less_room() -> None:
    placement = place(LARGEST, [LARGE] * 2)
    assert placement == Placement(2, 16_384, 0.95)
    (command,) = serve_commands(LARGEST, [LARGE] * 2)
    assert flags(command)["tensor-parallel-size"] == "2"
    assert flags(command)["max-model-len"] == "16384"
    assert "CUDA_VISIBLE_DEVICES" not in command


def test_four_large_cards_give_the_largest_all_the_room() -> None:
    assert place(LARGEST, [LARGE] * 4) == Placement(4, 32_768, 0.9)


def test_what_fits_nowhere_is_said_to_be_too_large_with_the_numbers() -> None:
    with pytest.raises(
        ModelTooLarge, match=r"72B-AWQ needs 51\.\d GB on each of 1 GPU; here are 1 of 25\.8 GB"
    ):
        place(LARGEST_AWQ, [SMALL])


def test_quantised_layers_are_only_split_between_groups() -> None:
    assert LARGEST_AWQ.splits_over(2)
    assert not replace(LARGEST_AWQ, feed_forward_size=29_568).splits_over(2)


def test_heads_are_never_split() -> None:
    assert not SEVEN.splits_over(8)
    assert [count for count in (1, 2, 4, 8) if LARGEST.splits_over(count)] == [1, 2, 4, 8]


def test_memory_is_weights_and_one_call_and_working_room() -> None:
    needed = bytes_per_card(SEVEN, Placement(1, 1000))
    assert needed == SEVEN.weight_bytes + 1000 * 57_344 + WORKING_BYTES


def test_the_line_holds_everything_that_right_answers_need() -> None:
    (command,) = serve_commands(SEVEN, [SMALL])
    said = flags(command)
    assert command.split(" vllm serve ")[1].startswith("/models/7B --")
    assert said["host"] == "127.0.0.1"
    assert said["served-model-name"] == "7B"
    assert said["dtype"] == "bfloat16"
    assert said["trust-request-mm-kwargs"] == ""
    assert said["media-io-kwargs"] == '{"video": {"num_frames": -1}}'
    assert said["mm-processor-cache-gb"] == "0"
    assert '"disable_any_whitespace": true' in said["structured-outputs-config"]
    assert "VLLM_NO_USAGE_STATS=1" in command


def test_without_a_card_the_line_is_one_for_the_processor() -> None:
    (command,) = serve_commands(replace(SEVEN, dtype="float32"), [])
    assert "enforce-eager" in flags(command)
    assert "tensor-parallel-size" not in flags(command)


def test_doctor_prints_the_line_and_says_how_to_use_what_it_serves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["doctor", "--serve-command", "--model", "bundled"]) == 0
    printed = capsys.readouterr()
    assert flags(printed.out.splitlines()[0])["served-model-name"] == "bundled"
    assert "--endpoint http://127.0.0.1:8000/v1" in printed.err


def test_a_checkpoint_is_read_in_either_layout() -> None:
    nested = read_config(BUNDLED_FOLDER)
    flat = {**nested, **nested["text_config"]}
    del flat["text_config"]
    checkpoint = resolve("bundled", Device("cpu", 10**12))
    assert checkpoint is not None
    read = ServedModel.of(checkpoint, nested)
    assert read == ServedModel.of(checkpoint, flat)
    assert read.kv_bytes_per_token == 2 * 5 * 6 * 32 * 4


def test_a_quantised_checkpoint_keeps_the_precision_that_it_states() -> None:
    device = Device("cuda", 10**12)
    checkpoint = Checkpoint("q", Path("/models/q"), "", "", device, "awq", memory_bytes=10)
    config = read_config(BUNDLED_FOLDER) | {"quantization_config": {"group_size": 128}}
    assert ServedModel.of(checkpoint, config).dtype == "auto"
    assert ServedModel.of(checkpoint, config).group_size == 128
