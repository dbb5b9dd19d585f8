"""Outlines as arrays of points `(points, 2)`.

The page is 100 units wide and high: x runs from -50 to 50 with 0 in the middle, y from 0 at the
top to 100 at the bottom.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Point = tuple[float, float]

_STEPS = 10  # points a curve gets between two of its knots: enough for 1,024 pixels


def trace(path: str) -> Points:
    """Returns the line a path describes: `x,y` knots in a row, joined smoothly.

    `|` ends a smooth piece, so that the line has a corner there; a piece of two knots is straight.
    """
    pieces = []
    for piece in path.split("|"):
        knots = [(float(x), float(y)) for x, y in (knot.split(",") for knot in piece.split())]
        pieces.append(spline(*knots) if len(knots) > 2 else join(knots))
    return join(*pieces)


def spline(*knots: Point) -> Points:
    """Returns an open smooth curve through the knots (Catmull-Rom)."""
    return _catmull_rom(np.array([knots[0], *knots, knots[-1]], np.float64))


def arch(*knots: Point) -> Points:
    """Returns a smooth symmetric line: through the knots of its left half and their reflections.

    The left half ends at the middle, x = 0.
    """
    return spline(*knots, *((-x, y) for x, y in knots[-2::-1]))


def blob(path: str) -> Points:
    """Returns a closed smooth outline through the `x,y` knots of a path."""
    knots = [(float(x), float(y)) for x, y in (knot.split(",") for knot in path.split())]
    return _catmull_rom(np.array([knots[-1], *knots, *knots[:2]], np.float64))


def _catmull_rom(knots: Points) -> Points:
    before, start, end, after = (knots[i : len(knots) - 3 + i, None, :] for i in range(4))
    t = np.linspace(0, 1, _STEPS, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), knots[-2][None]])


def join(*pieces: Points | Sequence[Point]) -> Points:
    """Returns the pieces one after the other as one outline."""
    return np.concatenate([np.asarray(piece, np.float64) for piece in pieces])


def mirror(points: Points | Sequence[Point]) -> Points:
    """Returns the points reflected left to right, in reverse order."""
    reflected: Points = np.asarray(points, np.float64)[::-1] * (-1, 1)
    return reflected


def symmetric(half: Points | Sequence[Point]) -> Points:
    """Returns the outline made of a left half, middle to middle, and its reflection."""
    return join(half, mirror(half))


def ellipse(x: float, y: float, width: float, height: float | None = None) -> Points:
    """Returns an ellipse around (x, y); a circle when `height` is left out."""
    angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    radii = np.array([width, height if height is not None else width]) / 2
    outline: Points = np.array([x, y]) + radii * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return outline


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Points:
    """Returns a rectangle whose corners are rounded by `radius`."""
    inner = join(
        [(right - radius, bottom - radius), (left + radius, bottom - radius)],
        [(left + radius, top + radius), (right - radius, top + radius)],
    )
    turn = np.linspace(0, 2 * math.pi, 37)
    circle = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return join(*(corner + circle[9 * i : 9 * i + 10] for i, corner in enumerate(inner)))


def turned(points: Points | Sequence[Point], degrees: float, about: Point = (0, 0)) -> Points:
    """Returns the points turned clockwise on the page about a point."""
    angle = math.radians(degrees)
    rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    placed: Points = (np.asarray(points, np.float64) - about) @ rotation + about
    return placed


def moved(points: Points | Sequence[Point], x: float = 0, y: float = 0) -> Points:
    """Returns the points shifted by (x, y)."""
    shifted: Points = np.asarray(points, np.float64) + (x, y)
    return shifted


def scaled(points: Points, factor: float) -> Points:
    """Returns the points drawn towards their middle (or, above 1, away from it)."""
    middle = points.mean(axis=0)
    resized: Points = middle + (points - middle) * factor
    return resized


def between(start: Point, end: Point, part: float) -> Point:
    """Returns the point a `part` of the way from `start` to `end`."""
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
