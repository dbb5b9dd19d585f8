"""The report of an evaluation: `report.json`, `report.md` and `report.html`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from wardrobe.evaluation.examples import Confusion, Examples, Grid
from wardrobe.evaluation.latency import Percentiles
from wardrobe.evaluation.plots import precision_recall_plot, reliability_plot
from wardrobe.evaluation.retrieval import RetrievalScores
from wardrobe.evaluation.tagging import COMMON, TaggingScores
from wardrobe.files import write_json, write_text
from wardrobe.metrics import Estimate
from wardrobe.thumbnails import thumbnail


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Attributes:
        queries, gallery: splits.
        failed: path → why its picture could not be encoded.
        tagging: None where the encoder has no heads, or no label of its own occurs in the split.
        by_picture: attribute → scores.
        by_caption: None where there is no caption, or the encoder has no text.
        by_garment: relevance (`article_type`, `colour`, `both`) → scores; empty if not asked for.
        resamples: bootstrap draws behind the intervals.
    """

    checkpoint: str
    fingerprint: str
    data: str
    queries: str
    gallery: str
    failed: dict[str, str]
    tagging: TaggingScores | None
    by_picture: dict[str, RetrievalScores]
    by_caption: RetrievalScores | None
    by_garment: dict[str, RetrievalScores]
    latency: dict[str, Percentiles]
    resamples: int


@dataclass(frozen=True)
class Table:
    """A table of the report, the same in Markdown and HTML; the first column is text."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_SHOWN = {
    "hit@1": "hit@1",
    "hit@5": "hit@5",
    "hit@10": "hit@10",
    "precision@5": "precision@5",
    "precision@10": "precision@10",
    "r_precision": "R-precision",
    "map@10": "mAP@10",
    "ndcg@10": "nDCG@10",
}
"""Retrieval metrics in the tables and their titles; `report.json` has all of them."""


def write_report(report: Report, examples: Examples, folder: Path) -> None:
    """Writes the report into a folder."""
    plots = []
    if examples.tagged and report.tagging:
        plots = [precision_recall_plot(examples.tagged), reliability_plot(report.tagging)]
    write_pages(
        folder,
        f"Evaluation of {report.checkpoint}",
        _introduction(report),
        tables_of(report),
        asdict(report),
        plots=plots,
        confusions=examples.confusions,
        grids=examples.grids,
    )


def write_pages(
    folder: Path,
    title: str,
    introduction: str,
    tables: Sequence[Table],
    content: dict[str, Any],
    *,
    plots: Sequence[str] = (),
    confusions: Sequence[Confusion] = (),
    grids: Mapping[str, Sequence[Grid]],
) -> None:
    """Writes `report.json` (the content), `report.md` and `report.html` into a folder.

    Args:
        plots: data URIs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "report.json", _without_nan(content))
    write_text(folder / "report.md", _markdown(title, introduction, tables))
    environment = Environment(
        loader=PackageLoader("wardrobe.evaluation", "."), autoescape=True, trim_blocks=True
    )
    html = environment.get_template("report.html").render(
        title=title,
        introduction=introduction,
        tables=tables,
        plots=plots,
        confusions=confusions,
        grids=grids,
        thumbnail=cache(thumbnail),
    )
    write_text(folder / "report.html", html)


def tables_of(report: Report) -> list[Table]:
    """Returns the report's tables; what was not evaluated has none."""
    tables = []
    if report.tagging:
        tables += [_tags_table(report.tagging), _attributes_table(report.tagging)]
    if report.by_picture:
        note = "Relevant: shares a label of the attribute with the query, which is left out."
        tables.append(_retrieval_table("Picture queries", "attribute", note, report.by_picture))
    by_text = {f"garment: {name}": s for name, s in report.by_garment.items()}
    if report.by_caption:
        by_text["caption"] = report.by_caption
    if by_text:
        note = (
            "caption: each caption asks among its own split; right has the same caption. "
            'garment: "a navy blue shirt" and the like, for every article type and colour of the '
            "gallery; right is of that type, of that colour, or both."
        )
        tables.append(_retrieval_table("Text queries", "relevant by", note, by_text))
    tables.append(_latency_table(report.latency))
    if report.tagging:
        tables.append(_labels_table(report.tagging))
    return tables


def _tags_table(scores: TaggingScores) -> Table:
    figures = {
        f"macro mAP, all {scores.macro_labels} labels that occur": scores.macro,
        f"macro mAP, {scores.common_labels} labels with at least {COMMON} positives": scores.common,
        "micro mAP": scores.micro,
        "CF1": scores.class_f1,
        "OF1": scores.overall_f1,
    }
    return Table(
        "Tags",
        f"{scores.items} pictures. CF1, OF1 and the calibration error are those of the tags "
        "selected at the checkpoint's thresholds; if it was calibrated and tuned on the same "
        "pictures, take the out-of-fold figures of optimize_thresholds.py --dry-run instead.",
        ("metric", "value [95 %]"),
        (
            *((name, str(estimate)) for name, estimate in figures.items()),
            ("calibration error", f"{scores.reliability.error:.3f}"),
        ),
    )


def _attributes_table(scores: TaggingScores) -> Table:
    return Table(
        "Attributes",
        "Accuracy: the most probable label is right. Majority: always answering the commonest. "
        "Calibration error: of the selected tags.",
        (
            "attribute",
            "pictures",
            "labels",
            "accuracy [95 %]",
            "majority",
            "mAP [95 %]",
            "selected tags",
            "calibration error",
        ),
        tuple(
            (
                a.name,
                str(a.items),
                str(a.labels),
                str(a.accuracy),
                f"{a.majority_label} {a.majority:.3f}",
                str(a.mean_average_precision),
                str(sum(a.reliability.counts)),
                f"{a.reliability.error:.3f}" if any(a.reliability.counts) else "–",
            )
            for a in scores.attributes
        ),
    )


def _retrieval_table(
    title: str, first: str, note: str, scores: Mapping[str, RetrievalScores]
) -> Table:
    return Table(
        title,
        f"{note} Queries without a relevant picture are skipped; ± half of the 95 % interval.",
        (first, "queries", "skipped", "gallery", *_SHOWN.values()),
        tuple(
            (
                name,
                str(s.queries),
                str(s.skipped),
                str(s.gallery),
                *(short(s.metrics[metric]) for metric in _SHOWN),
            )
            for name, s in scores.items()
        ),
    )


def short(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ±{(estimate.high - estimate.low) / 2:.3f}"


def _latency_table(latency: Mapping[str, Percentiles]) -> Table:
    return Table(
        "Latency",
        "Milliseconds for one picture at a time, on the machine that made this report.",
        ("stage", "p50", "p95", "p99"),
        tuple(
            (stage, f"{t.p50:.1f}", f"{t.p95:.1f}", f"{t.p99:.1f}") for stage, t in latency.items()
        ),
    )


def _labels_table(scores: TaggingScores) -> Table:
    return Table(
        "Labels",
        "Precision, recall and F1 are those of the decisions at the threshold.",
        ("label", "positives", "AP", "threshold", "precision", "recall", "F1"),
        tuple(
            (
                label.name,
                str(label.positives),
                *(
                    f"{value:.3f}"
                    for value in (
                        label.average_precision,
                        label.threshold,
                        label.precision,
                        label.recall,
                        label.f1,
                    )
                ),
            )
            for label in scores.labels
        ),
    )


def _introduction(report: Report) -> str:
    return (
        f"Checkpoint {report.checkpoint} (fingerprint {report.fingerprint[:12]}) on {report.data}: "
        f"queries are split {report.queries}, the gallery is split {report.gallery}. "
        f"Intervals are the middle 95 % of {report.resamples} bootstrap resamples. "
        f"{len(report.failed)} pictures could not be read."
    )


def _markdown(title: str, introduction: str, tables: Sequence[Table]) -> str:
    lines = [f"# {title}", "", introduction, ""]
    for table in tables:
        lines += [f"## {table.title}", "", table.note, ""]
        rows = [table.columns, ("---", *["---:"] * (len(table.columns) - 1)), *table.rows]
        lines += [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows
        ]
        lines.append("")
    return "\n".join(lines)


def _without_nan(value: Any) -> Any:
    """Returns the same content with None for numbers that are not defined: JSON has no nan."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
