"""The report of the KAGL protocol: `report.json`, `report.md` and `report.html`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from wardrobe.evaluation.examples import Grid
from wardrobe.evaluation.kagl import (
    NAME_QUERIES,
    NAMES,
    PICTURE_AND_NAME,
    Gallery,
    KaglReport,
    Task,
)
from wardrobe.evaluation.report import Table, short, write_pages

_TITLES = {
    "mean_recall": "AvgRecall",
    "recall@1": "R@1",
    "recall@10": "R@10",
    "mean_precision": "AvgP",
    "precision@1": "P@1",
    "precision@10": "P@10",
    "mrr@10": "MRR@10",
}


def write_kagl_report(
    report: KaglReport, grids: Mapping[str, Sequence[Grid]], folder: Path
) -> None:
    """Writes the report into a folder."""
    tables = [table for gallery in report.galleries for table in _tables(report, gallery)]
    title = f"{report.name}: {report.checkpoint}"
    write_pages(folder, title, _introduction(report), tables, asdict(report), grids=grids)


def _introduction(report: KaglReport) -> str:
    return (
        f"Checkpoint {report.checkpoint} (fingerprint {report.fingerprint[:12]}) by the KAGL "
        f"protocol of Marqo-FashionCLIP, on the pictures of {report.data}. This is not the "
        "published benchmark, which searches 44,434 pictures: among fewer, a name is easier to "
        "find and precision@10 has a lower ceiling. To compare with a published encoder, run it "
        "here with --checkpoint. "
        f"{_training(report)} "
        f"{NAME_QUERIES:,} names ask (a random sample, seed 0), or all if there are fewer; labels "
        "ask as they are, without a template. random: expectation for a random order; ceiling: "
        "the best order there is. ± is half of the middle 95 % of "
        f"{report.resamples} bootstrap resamples of the queries. "
        f"{len(report.failed)} pictures could not be read."
    )


def _training(report: KaglReport) -> str:
    splits = ", ".join(f"{count:,} in split {name!r}" for name, count in report.splits.items())
    held_out = report.galleries[0].split
    if report.data not in report.trained_on:
        return f"Pictures: {splits}. The checkpoint does not say that it was trained on any."
    return (
        f"Pictures: {splits}. The checkpoint was trained on split 'train', with its names and "
        f"labels: only split {held_out!r} counts as unseen, and setting even that beside encoders "
        "that never saw this shop (zero-shot) is unfair to them."
    )


def _tables(report: KaglReport, gallery: Gallery) -> list[Table]:
    among, elsewhere = f"all {gallery.pictures:,} pictures", ""
    if gallery.split is not None:
        among = f"the {gallery.pictures:,} pictures of split {gallery.split}"
        elsewhere = f" {gallery.names_elsewhere} of the names also name pictures of other splits."
    names = [task for task in gallery.tasks if task.name == NAMES]
    labels = [task for task in gallery.tasks if task.name != NAMES]
    return [
        _table(
            report,
            f"Product names among {among}",
            f"A name finds pictures; all pictures of that name are right.{elsewhere}",
            names,
        ),
        _table(
            report,
            f"Labels among {among}",
            f"A label finds the pictures that have it. {PICTURE_AND_NAME}: as published, each "
            "item's vector holds a tenth of its name, which often says the label. Where few labels "
            "ask, one of them moves the mean far: mind the intervals.",
            labels,
        ),
    ]


def _table(report: KaglReport, title: str, note: str, tasks: Sequence[Task]) -> Table:
    metrics = tuple(tasks[0].ceiling) if tasks else ()
    rows = []
    for task in tasks:
        queries, relevant = str(task.queries), f"{task.relevant:.1f}"
        for documents, scores in task.scores.items():
            name = f"{task.name}: {report.checkpoint}, {documents}"
            rows.append((name, queries, relevant, *(short(scores[metric]) for metric in metrics)))
        for bound, values in (("random", task.random), ("ceiling", task.ceiling)):
            figures = (f"{values[metric]:.3f}" for metric in metrics)
            rows.append((f"{task.name}: {bound}", queries, relevant, *figures))
    columns = ("task", "queries", "right on average", *(_TITLES[metric] for metric in metrics))
    return Table(title, note, columns, tuple(rows))
