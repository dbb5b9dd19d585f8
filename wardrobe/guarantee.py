"""Thresholds with a guarantee on pictures not seen yet: conformal risk control.

A recall is guaranteed on average (Angelopoulos et al., "Conformal Risk Control", 2022); a
precision, which is no monotone function of the threshold, with a given confidence (Angelopoulos
et al., "Learn then Test", 2021). Both need nothing of the model, only pictures that are drawn
like those to come and that neither training nor calibration has seen.

MAPIE's `MultiLabelClassificationController` has both, but counts a picture without a selected
label as entirely imprecise, and so cannot reach a precision by leaving doubtful pictures out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wardrobe.errors import BadRequestError
from wardrobe.labels import LabelSpace

# Neither may depend on the pictures. A precision is tested candidate by candidate, the strictest
# first, until one fails; beginning anew at each start costs a share of the confidence.
_CANDIDATES = np.arange(200, dtype=np.float32) / 200
_STARTS = range(0, 200, 40)

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Guarantee:
    """What a picture's selected labels of an attribute are held to, if the attribute is known.

    Attributes:
        measure: `recall`, the share of the picture's labels that is selected; or `precision`, the
            share of its selected labels that is right, among pictures with any.
        at_least: bound on the mean of the measure over pictures to come.
        confidence: how probably, over the draw of the pictures tuned on, the precision holds.
        attributes: those it is given for.
    """

    measure: Literal["precision", "recall"]
    at_least: float
    confidence: float
    attributes: tuple[str, ...]

    def shares(self, selected: BoolArray, positive: BoolArray) -> npt.NDArray[np.float64]:
        """Returns the measure of each picture of which it is defined.

        Args:
            selected, positive: `(items, labels of an attribute)`.
        """
        wanted = (positive if self.measure == "recall" else selected).sum(axis=1)
        found = (selected & positive).sum(axis=1)
        shares: npt.NDArray[np.float64] = found[wanted > 0] / wanted[wanted > 0]
        return shares

    def apply(
        self,
        thresholds: FloatArray,
        probabilities: FloatArray,
        positive: BoolArray,
        selectable: BoolArray,
        label_space: LabelSpace,
    ) -> FloatArray:
        """Returns thresholds `(labels,)` in which each of its attributes has one of its own.

        Where the bound is out of reach, that is the safest: 0 for a recall, 1 for a precision.

        Args:
            probabilities: `(items, labels)`.
            positive: `(items, labels)`, False where unknown.
            selectable: `(items, labels)`, what a threshold of 0 selects, False where unknown.
        """
        replaced = thresholds.copy()
        for name, losses in self._losses(probabilities, positive, selectable, label_space):
            found = self._threshold(losses, self.at_least)
            safest = 0.0 if self.measure == "recall" else 1.0
            replaced[label_space.slices[name]] = safest if found is None else found
        return replaced

    def check(
        self,
        probabilities: FloatArray,
        positive: BoolArray,
        selectable: BoolArray,
        label_space: LabelSpace,
    ) -> None:
        """Refuses a bound that is out of reach; the arguments are those of `apply`.

        Raises:
            BadRequestError: it names the attributes, and what can be guaranteed of each.
        """
        best = {}
        for name, losses in self._losses(probabilities, positive, selectable, label_space):
            if self._threshold(losses, self.at_least) is None:
                shares = (percent / 100 for percent in range(99, 0, -1))
                reached = (s for s in shares if self._threshold(losses, s) is not None)
                best[name] = next(reached, 0.0)
        if best:
            listed = ", ".join(f"{name} (at most {share:.2f})" for name, share in best.items())
            raise BadRequestError(
                f"a {self.measure} of at least {self.at_least} cannot be guaranteed for {listed}; "
                "ask for less, name other attributes with --attributes, or tune on more pictures"
            )

    def _losses(
        self,
        probabilities: FloatArray,
        positive: BoolArray,
        selectable: BoolArray,
        label_space: LabelSpace,
    ) -> "Iterator[tuple[str, _Losses]]":
        """Yields each of its attributes with its losses."""
        for attribute in label_space.attributes:
            if attribute.name not in self.attributes:
                continue
            columns = label_space.slices[attribute.name]
            sums, counts = [], []
            for candidate in _CANDIDATES:
                selected = selectable[:, columns] & (probabilities[:, columns] >= candidate)
                shares = self.shares(selected, positive[:, columns])
                sums.append((1 - shares).sum())
                counts.append(len(shares))
            yield (
                attribute.name,
                _Losses(np.array(sums), np.array(counts), attribute.kind == "single"),
            )

    def _threshold(self, losses: "_Losses", at_least: float) -> float | None:
        """Returns the highest candidate with the recall, or the lowest with the precision."""
        alpha = 1 - at_least
        if self.measure == "recall":
            passed = np.flatnonzero(losses.sums + 1 <= alpha * (losses.counts + 1))
            return float(_CANDIDATES[passed[-1]]) if len(passed) else None
        # The server only reads thresholds, and scipy takes half a second to import.
        from scipy.stats import binom  # type: ignore[import-untyped]

        # Bentkus' inequality: how probable so small a loss is if the true one is over alpha.
        chances = binom.cdf(np.ceil(losses.sums), losses.counts, alpha)
        chances *= 1 if losses.binary else np.e
        rejected = (chances <= (1 - self.confidence) / len(_STARTS))[::-1]  # from the strictest
        ends = [start + int(np.append(rejected[start:], False).argmin()) for start in _STARTS]
        last = max(end if end > start else 0 for start, end in zip(_STARTS, ends, strict=True))
        return float(_CANDIDATES[::-1][last - 1]) if last else None


@dataclass(frozen=True)
class _Losses:
    """An attribute's losses at every candidate, in the pictures where its measure is defined.

    Attributes:
        sums, counts: of the losses, and how many pictures they are of `(candidates,)`.
        binary: whether a picture's loss is always 0 or 1.
    """

    sums: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    binary: bool
