"""Write and read a model's raw replies as JSON Lines, one as each comes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.atomic_write import write_whole
from pipelines.evaluate.queries import Evaluated, Protocol
from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.predictions import write_predictions
from vidindex.errors import InputError


class ReplyFile:
    """Raw replies by key. A line that was cut when a run was killed is dropped and asked again."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where there is a file that cannot be read."""
        self._path = path
        self._replies: dict[str, str] = {}
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}", "name another -o") from error
        self._is_cut = not text.endswith("\n") and text != ""
        for line in text.split("\n"):
            self._read(line)

    def has(self, key: str) -> bool:
        """Whether this very question was answered."""
        return key in self._replies

    def get(self, key: str) -> str:
        """The model's reply to this very question; "" where it was not answered."""
        return self._replies.get(key, "")

    def put(self, key: str, reply: str, **facts: Any) -> None:
        """Keep a reply. facts: of the question, for people who read the file."""
        line = json.dumps({"key": key, **facts, "reply": reply}, ensure_ascii=False)
        with self._path.open("a", encoding="utf-8", newline="") as stream:
            stream.write("\n" * self._is_cut + line + "\n")
        self._is_cut = False
        self._replies[key] = reply

    def _read(self, line: str) -> None:
        try:
            record = json.loads(line)
            self._replies[record["key"]] = record["reply"]
        except (ValueError, KeyError, TypeError):
            return


def beside(output: Path, ending: str) -> Path:
    """A file that belongs to `output`, such as `preds.jsonl.run.json`."""
    return output.with_name(f"{output.name}.{ending}")


def write_run(
    output: Path, dataset: str, protocol: Protocol, done: Evaluated, facts: Mapping[str, Any]
) -> list[Path]:
    """Write what was predicted; the files. facts: of the run, for its record.

    Submissions name one video a query, so that in a corpus the general form is the only one.
    """
    official = by_name(dataset).write
    written = [output]
    if official == write_predictions or protocol == "corpus":
        write_whole(output, lambda to: write_predictions(done.predictions, to))
    else:
        write_whole(output, lambda to: official(done.predictions, to))
        written.append(beside(output, "general.jsonl"))
        write_whole(written[-1], lambda to: write_predictions(done.predictions, to))
    written.append(beside(output, "run.json"))
    record = json.dumps({**facts, "report": asdict(done.report)}, ensure_ascii=False, indent=2)
    write_whole(written[-1], lambda to: print(record, file=to))
    return written
