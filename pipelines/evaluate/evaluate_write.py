"""The files of an evaluation: predictions as the benchmark takes them, and how they were made.

preds.jsonl                 the submission
preds.jsonl.general.jsonl   where that has no room for verdicts and rejected windows: all
preds.jsonl.run.json        the model, the preset, what was missing, the command's settings
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.atomic_write import write_whole
from pipelines.evaluate.queries import Evaluated, Protocol
from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.predictions import write_predictions


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
