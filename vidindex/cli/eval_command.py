"""`vidindex eval`: what answers are worth, held against known truth."""

from pathlib import Path
from typing import Any

import click

from vidindex.cli.options import json_option
from vidindex.cli.output import print_json

DATASETS = ("qvhighlights", "charades-sta", "activitynet-captions", "vue-tr", "csv")
"""As in `vidindex.evaluation.datasets`, which `--help` need not load."""

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
    known by query and vid, those of a CSV by query and search_in. Beside the windows may stand
    pred_files, pred_verdicts and pred_probabilities, one for each, and pred_saliency_scores.
    """
    from vidindex.cli.eval_report import print_evaluation
    from vidindex.evaluation.datasets import by_name
    from vidindex.evaluation.predictions import read_predictions
    from vidindex.evaluation.score import score

    truth = by_name(dataset).read(ground_truth)
    said = read_predictions(truth, predictions)
    report = score(truth, said, iou=iou, seed=seed, resamples=resamples)
    if as_json:
        print_json(report)
    else:
        print_evaluation(report)
