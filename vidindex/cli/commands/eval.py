"""`vidindex eval`: what answers are worth, held against known truth."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.options import backend_option, json_option, model_option
from vidindex.cli.output.tables import print_json

if TYPE_CHECKING:
    from pipelines.evaluate.queries import Protocol
    from vidindex.cli.commands.eval_run import Preset
    from vidindex.settings import Backend

DATASETS = ("qvhighlights", "charades-sta", "activitynet-captions", "vue-tr", "csv")
"""As in `vidindex.core.evaluation.datasets`, which `--help` need not load."""

_FILE: Any = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("eval")
def command() -> None:
    """Measure searches and their checks against queries whose answers are known."""


@command.command("score")
@click.option(
    "--dataset", required=True, type=click.Choice(DATASETS), help="Whose files these are."
)
@click.option("--predictions", required=True, type=_FILE, help="The answers: JSON Lines or JSON.")
@click.option("--ground-truth", required=True, type=_FILE, help="The truth, as published.")
@click.option("--iou", default=0.5, show_default=True, help="From which IoU on an answer is right.")
@click.option("--seed", default=0, show_default=True, help="Which videos are resampled.")
@click.option("--resamples", default=1000, show_default=True, help="Samples; 0: no intervals.")
@json_option
def score_command(
    dataset: str,
    predictions: Path,
    ground_truth: Path,
    iou: float,
    seed: int,
    resamples: int,
    as_json: bool,
) -> None:
    """Score predictions of moments: the reference evaluator's numbers, then all others.

    Ground truth is what each benchmark publishes (highlight_val_release.jsonl,
    charades_sta_test.txt, val_1.json, VUE-TR_ground_truth.json), or your own CSV with the columns
    query, file, start, end and perhaps search_in, modality, duration, format; a query without
    file, start and end is absent: it does not occur.

    Predictions are lines {"qid": 7, "query": "a dog runs", "vid": "abc", "pred_relevant_windows":
    [[8, 12.5, 0.9], ...]}, best first, or what the benchmark asks for. Queries without qid are
    known by query and vid, those of a CSV by query and search_in. Beside the windows there may be
    pred_files, pred_verdicts and pred_probabilities, one for each, and pred_saliency_scores.
    """
    from vidindex.cli.output.evaluation import print_evaluation
    from vidindex.core.evaluation.datasets import by_name
    from vidindex.core.evaluation.predictions import read_predictions
    from vidindex.core.evaluation.score import score

    truth = by_name(dataset).read(ground_truth)
    answers = read_predictions(truth, predictions)
    report = score(truth, answers, iou=iou, seed=seed, resamples=resamples)
    if as_json:
        print_json(report)
    else:
        print_evaluation(report)


@command.command("run")
@click.option(
    "--dataset", required=True, type=click.Choice(DATASETS), help="Whose queries these are."
)
@click.option("--annotations", required=True, type=_FILE, help="The queries, as published.")
@click.option(
    "--videos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder that holds the videos, at whatever depth; without it, those of --library.",
)
@click.option(
    "--protocol",
    type=click.Choice(["given-video", "corpus"]),
    default="given-video",
    show_default=True,
    help="Look in the video that the query is about, or in all of them.",
)
@click.option(
    "--preset",
    type=click.Choice(["vidindex", "reference"]),
    default="vidindex",
    show_default=True,
    help="vidindex: index, search and check. reference: one question about the whole video as "
    "published: 2 fps, 24,576 tokens, the official prompt, greedy.",
)
@model_option
@backend_option
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    help="Use, or make, this library; without it, OUTPUT.library is made, and removed when all "
    "is done and no video failed.",
)
@click.option("--keep", is_flag=True, help="Do not remove OUTPUT.library.")
@click.option("--no-ocr", is_flag=True, help="Do not read on-screen text.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many queries.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the predictions go.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def run_command(
    dataset: str,
    annotations: Path,
    videos: Path | None,
    protocol: "Protocol",
    preset: "Preset",
    model: str,
    backend: "Backend",
    library: Path | None,
    keep: bool,
    no_ocr: bool,
    limit: int | None,
    output: Path,
    quiet: bool,
    as_json: bool,
) -> int:
    """Make predictions for the queries of a data set, or of your own CSV.

    A video is found by the name that the annotations give it: the file vid.mp4 for vid, or the
    path in a CSV. Every query has a prediction; it is empty where the video is missing or
    failed, and that is counted. The predictions are what the benchmark takes; where that has no
    room for verdicts, OUTPUT.general.jsonl has them. In a corpus the general form is the only
    one. OUTPUT.run.json says how they were made. `vidindex eval score` scores each of them.

    A run that is killed continues where it stopped: the preset vidindex keeps everything in its
    library, the preset reference in OUTPUT.replies.jsonl. Marks can be a truth, too: `vidindex
    mark export --only keep` writes them as a CSV, and --library alone has their videos.
    """
    from vidindex.cli.commands.eval_run import Job, execute

    job = Job(
        dataset,
        annotations,
        videos,
        protocol,
        preset,
        model,
        backend,
        library,
        keep,
        no_ocr,
        limit,
        output,
    )
    return execute(job, quiet=quiet, as_json=as_json)
