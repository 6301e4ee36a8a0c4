"""Evaluate predictions of moments: read ground truth, compute metrics, intervals, reports.

    truth = datasets.by_name("csv").read(Path("queries.csv"))
    report = score(truth, read_predictions(truth, Path("predictions.jsonl")))

Pure: it reads the files of data sets and predictions, and needs no library, video or model.
"""
