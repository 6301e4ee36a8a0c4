"""Run the user's command for one hit.

What was seen and read in footage reaches the command as environment variables and as JSON on
its standard input, never as words of a command line: a caption can start nothing.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from vidindex.errors import InputError

MAX_VARIABLE_BYTES = 32_000
"""Of a text, so much goes into a variable (Linux takes 128 KiB); the JSON has all of it."""

_STDERR = 2


@dataclass(frozen=True, slots=True)
class Hook:
    """A command with its arguments, and how long it may take."""

    argv: tuple[str, ...]
    timeout_s: float = 60.0

    @classmethod
    def parse(cls, command: str, timeout_s: float) -> Self:
        """The command as a POSIX shell would split it into words; no shell ever sees it.

        Raises InputError where it is no command of this machine.
        """
        try:
            argv = tuple(shlex.split(command))
        except ValueError as error:
            raise InputError(f"--exec {command!r}: {error}", "check its quotes") from error
        if not argv or shutil.which(argv[0]) is None:
            raise InputError(
                f"--exec: unknown program {argv[0] if argv else ''!r}",
                "name a program; for pipes and variables, name a script",
            )
        return cls(argv, timeout_s)

    def run(self, facts: Mapping[str, Any]) -> str:
        """Run it once; why it failed, or "" where it did not.

        What it prints goes to standard error. It gets a session of its own: where it takes too
        long it is killed with all that it started.
        """
        body = json.dumps(facts, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            process = subprocess.Popen(
                self.argv,
                stdin=subprocess.PIPE,
                stdout=_STDERR,
                env=os.environ | variables(facts),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return f"it cannot be started: {error}"
        try:
            process.communicate(body, timeout=self.timeout_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            return f"it took longer than {self.timeout_s:g} s and was stopped"
        except BaseException:
            _kill(process)
            raise
        return "" if process.returncode == 0 else f"exit code {process.returncode}"


def variables(facts: Mapping[str, Any]) -> dict[str, str]:
    """`{"start": 2.0}` as `{"VIDINDEX_START": "2.0"}`; None is empty, lists are left out."""
    return {
        f"VIDINDEX_{name.upper()}": _variable(value)
        for name, value in facts.items()
        if not isinstance(value, list | dict)
    }


def _variable(value: object) -> str:
    """No variable can hold a NUL; it is written as U+FFFD."""
    text = "" if value is None else str(value).replace("\0", "\ufffd")
    encoded = text.encode("utf-8", "replace")
    fits = len(encoded) <= MAX_VARIABLE_BYTES
    return text if fits else encoded[:MAX_VARIABLE_BYTES].decode("utf-8", "ignore")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            with suppress(ProcessLookupError):  # it may have ended just now
                os.killpg(process.pid, signal.SIGKILL)
    process.wait()
