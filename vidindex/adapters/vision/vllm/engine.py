"""Start vLLM in this process and submit requests to it.

vLLM is an optional package. Its engine runs in processes of its own beside this one, so
that frames are decoded and packed while the card works; they end with this process
(`vllm_watch`).
"""

import asyncio
import importlib.util
import os
import re
import warnings
import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from itertools import count
from subprocess import Popen
from threading import Thread
from typing import Any

from vidindex.adapters.vision.vllm.placement import (
    QUIET,
    STRUCTURED_OUTPUTS,
    Placement,
    ServedModel,
)
from vidindex.adapters.vision.vllm.watchdog import children, watch
from vidindex.errors import MissingPackage, ModelError

INSTALL = "run: pip install 'vidindex[vllm]'"
# Before it, vLLM loses the frame rate of a video and takes 24 frames a second for granted.
LEAST_VERSION = (0, 31)
# Set before vLLM is imported. Its lines go beside vidindex's progress, never into results;
# a fork of a process that already decodes in threads may hang.
ENVIRONMENT = QUIET | {"VLLM_WORKER_MULTIPROC_METHOD": "spawn"}
DEFAULTS = {"VLLM_LOGGING_STREAM": "ext://sys.stderr", "VLLM_LOGGING_LEVEL": "ERROR"}


@dataclass(frozen=True, slots=True)
class Flow:
    """How much is under way at once: requests that are computed, tokens that are read ahead."""

    max_requests: int
    max_tokens: int


# On a GPU about 2.5 GB of pictures wait in this machine's memory.
FLOWS = {"cuda": Flow(64, 131_072), "cpu": Flow(4, 16_384)}


def require_vllm() -> None:
    """Raise MissingPackage where vLLM is not installed, or is one that loses the frame rate."""
    if importlib.util.find_spec("vllm") is None:
        raise MissingPackage("vision backend 'vllm' is not installed", INSTALL)
    names = packages_distributions().get("vllm", [])
    require_version(version(names[0]) if names else "of an unknown version")


def require_version(found: str) -> None:
    """Raise MissingPackage for a vLLM that loses the frame rate of videos."""
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if numbers is None or tuple(map(int, numbers.groups())) < LEAST_VERSION:
        raise MissingPackage(
            f"vLLM is {found}; before 0.31 it loses the frame rate of videos", INSTALL
        )


def engine_arguments(model: ServedModel, placement: Placement, flow: Flow) -> dict[str, Any]:
    """Keyword arguments of AsyncEngineArgs: the same choices as `serving.serve_arguments` makes."""
    common = {
        "model": model.folder,
        "dtype": model.dtype,
        "max_model_len": placement.context_tokens,
        "max_num_seqs": flow.max_requests,
        "limit_mm_per_prompt": {"image": 1, "video": 1},
        "mm_processor_cache_gb": 0,
        "structured_outputs_config": STRUCTURED_OUTPUTS,
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
    }
    if placement.num_cards:
        return common | {
            "tensor_parallel_size": placement.num_cards,
            "gpu_memory_utilization": placement.memory_share,
        }
    kv_tokens = flow.max_tokens + placement.context_tokens
    return common | {
        "enforce_eager": True,
        "kv_cache_memory_bytes": kv_tokens * model.kv_bytes_per_token,
    }


class Engine:
    """vLLM, running; asked from any thread."""

    def __init__(self, arguments: dict[str, Any], name: str) -> None:
        """arguments: of vLLM's AsyncEngineArgs. Raises ModelError where it does not start."""
        os.environ.update(ENVIRONMENT)
        for variable, value in DEFAULTS.items():
            os.environ.setdefault(variable, value)
        self._loop = asyncio.new_event_loop()
        thread = Thread(target=self._loop.run_forever, name="vllm", daemon=True)
        thread.start()
        before = children()
        try:
            self._engine = asyncio.run_coroutine_threadsafe(_start(arguments), self._loop).result()
        except (RuntimeError, ValueError, OSError) as error:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise ModelError(
                f"vLLM does not start with model {name}: {_first_line(error)}",
                "see what it wrote above (VLLM_LOGGING_LEVEL=INFO says more)",
            ) from error
        watcher = watch(sorted(children() - before))
        self._end = weakref.finalize(self, _end, self._engine, self._loop, thread, watcher)
        self._ids = count()

    def ask(self, prompt: dict[str, Any], sampling: Any) -> "Future[Any]":
        """The last RequestOutput, to come; cancelled, vLLM gives the question up."""
        return asyncio.run_coroutine_threadsafe(self._ask(prompt, sampling), self._loop)

    def close(self) -> None:
        """End it; otherwise it ends with this object."""
        self._end()

    async def _ask(self, prompt: dict[str, Any], sampling: Any) -> Any:
        """Raises ValueError where vLLM refuses the question, ModelError where it has ended."""
        from vllm.exceptions import VLLMClientError, VLLMServerError

        last = None
        try:
            (rendered,) = await self._engine.renderer.render_cmpl_async([prompt])
            async for output in self._engine.generate(rendered, sampling, str(next(self._ids))):
                last = output
        except VLLMClientError as error:
            raise ValueError(str(error)) from error
        except (RuntimeError, VLLMServerError) as error:
            raise ModelError(
                f"vLLM stopped: {_first_line(error)}",
                "see what it wrote above; out of memory: take a smaller size. Run it again: what "
                "was answered is kept",
            ) from error
        return last


async def _start(arguments: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # Of what its own dependencies are about to change: no one here can do anything.
        warnings.simplefilter("ignore")
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))


def _end(
    engine: Any, loop: asyncio.AbstractEventLoop, thread: Thread, watcher: "Popen[bytes]"
) -> None:
    engine.shutdown()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    watcher.communicate()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
