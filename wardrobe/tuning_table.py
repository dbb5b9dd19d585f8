"""What optimize_thresholds.py prints."""

from collections import Counter

import numpy as np

from wardrobe.calibration import BINS, Reliability
from wardrobe.guarantee import Guarantee
from wardrobe.labels import LabelSpace
from wardrobe.metrics import class_and_overall_f1, f1_score
from wardrobe.probabilities import from_logits, select
from wardrobe.thresholds import DEFAULT, TunedThresholds
from wardrobe.tuning_set import TuningSet


def table_of(
    tuned: TunedThresholds, label_space: LabelSpace, guarantee: Guarantee | None = None
) -> str:
    """Returns a line a label that occurs and a line an attribute, and how all do together."""
    lines = [
        f"tuned on {len(tuned.positive)} items; all figures but F1 at {DEFAULT} are out of fold"
    ]
    lines += [*_labels(tuned, label_space), "", *_attributes(tuned, label_space), ""]
    if guarantee is not None:
        lines += [*_guaranteed(tuned, label_space, guarantee), ""]
    before, after = tuned.selected_before, tuned.selected_after
    for name, decisions in ((f"at {DEFAULT}", before), ("tuned, out of fold", after)):
        class_f1, overall_f1 = class_and_overall_f1(decisions, tuned.positive)
        lines.append(f"{name}: CF1 {class_f1[0]:.4f}, OF1 {overall_f1[0]:.4f}")
    return "\n".join(lines) + "\n"


def feedback_table(
    split_alone: TunedThresholds,
    tuned: TunedThresholds,
    data: TuningSet,
    left_out: Counter[str],
) -> str:
    """Returns a line a label that was judged: what feedback does to its threshold.

    `agree` is the share of judgements that a decision agrees with: that of thresholds tuned on the
    split alone, and of those tuned without the judged picture's fold.
    """
    label_space, judged = data.label_space, data.judged
    accepted = data.targets > 0
    probabilities = from_logits(data.logits / tuned.temperatures, label_space)
    before = select(probabilities, split_alone.thresholds, label_space) == accepted
    after = tuned.selected_after == accepted
    width = max(map(len, (*label_space.names, "all labels")))
    lines = [
        f"feedback: {judged.sum()} judgements of {judged.any(axis=1).sum()} pictures, "
        f"{len(tuned.positive) - len(split_alone.positive)} of which the split has not; "
        "before: tuned on the split alone, after: with them, `agree` out of fold",
        *(f"left out, as {reason}: {count}" for reason, count in sorted(left_out.items()) if count),
        f"{'label':{width}}  accepted  rejected  threshold before  after  agree before  after",
    ]
    for column in np.flatnonzero(judged.any(axis=0)):
        rows = judged[:, column]
        lines.append(
            f"{label_space.names[column]:{width}}  {accepted[rows, column].sum():8}  "
            f"{(~accepted[rows, column]).sum():8}  {split_alone.thresholds[column]:16.3f}  "
            f"{tuned.thresholds[column]:5.3f}  {before[rows, column].mean():12.3f}  "
            f"{after[rows, column].mean():5.3f}"
        )
    if judged.any():
        lines.append(
            f"{'all labels':{width}}  {(accepted & judged).sum():8}  "
            f"{(~accepted & judged).sum():8}  {'':16}  {'':5}  {before[judged].mean():12.3f}  "
            f"{after[judged].mean():5.3f}"
        )
    return "\n".join(lines) + "\n"


def _labels(tuned: TunedThresholds, label_space: LabelSpace) -> list[str]:
    truth, before, after = tuned.positive, tuned.selected_before, tuned.selected_after
    positives, selected = truth.sum(axis=0), after.sum(axis=0)
    true = (after & truth).sum(axis=0)
    f1_before = f1_score((before & truth).sum(axis=0), before.sum(axis=0), positives)
    f1_after = f1_score(true, selected, positives)
    width = max(map(len, label_space.names))
    title = f"{'label':{width}}  positives  threshold  F1 at {DEFAULT}     F1  precision  recall"
    return [title] + [
        f"{label_space.names[column]:{width}}  {positives[column]:9}  "
        f"{tuned.thresholds[column]:9.3f}  {f1_before[column]:9.3f}  {f1_after[column]:.3f}  "
        f"{true[column] / max(selected[column], 1):9.3f}  "
        f"{true[column] / positives[column]:6.3f}"
        f"{'  shared' if tuned.shared[column] else ''}"
        for column in np.flatnonzero(positives)
    ]


def _attributes(tuned: TunedThresholds, label_space: LabelSpace) -> list[str]:
    """Calibration: `before` is of the same selected tags, at the network's own probabilities."""
    everything = {"all attributes": slice(None)}
    width = max(map(len, (*label_space.slices, *everything)))
    lines = [
        f"calibration error of selected tags, {BINS} bins",
        f"{'attribute':{width}}  selected  temperature  before  after",
    ]
    for name, columns in (label_space.slices | everything).items():
        selected = tuned.selected_after[:, columns]
        if not selected.any():
            continue
        right = tuned.positive[:, columns][selected]
        errors = (
            Reliability.of(probabilities[:, columns][selected], right).error
            for probabilities in (tuned.probabilities_before, tuned.probabilities_after)
        )
        low, high = tuned.temperatures[columns].min(), tuned.temperatures[columns].max()
        temperatures = f"{low:.2f}" if low == high else f"{low:.2f}-{high:.2f}"
        shown = "  ".join(f"{error:6.3f}" for error in errors)
        lines.append(f"{name:{width}}  {selected.sum():8}  {temperatures:>11}  {shown}")
    return lines


def _guaranteed(tuned: TunedThresholds, label_space: LabelSpace, guarantee: Guarantee) -> list[str]:
    lines = [f"guaranteed: a mean {guarantee.measure} of at least {guarantee.at_least}"]
    for name in guarantee.attributes:
        columns = label_space.slices[name]
        shares = guarantee.shares(tuned.selected_after[:, columns], tuned.positive[:, columns])
        lines.append(
            f"{name}: threshold {tuned.thresholds[columns.start]:.3f}; "
            f"{guarantee.measure} {shares.mean():.3f} out of fold, of {len(shares)} pictures"
        )
    return lines
