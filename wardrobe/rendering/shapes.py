"""Outlines as arrays of points `(points, 2)`, on a page of 100 x 100 units with y downwards."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Point = tuple[float, float]

_STEPS = 10  # points a curve gets between two of its knots: enough for 1,024 pixels


def spline(*knots: Point) -> Points:
    """Returns an open smooth curve through the knots (Catmull-Rom)."""
    ends = [knots[0], *knots, knots[-1]]
    return _catmull_rom(np.array(ends, np.float64))


def blob(*knots: Point) -> Points:
    """Returns a closed smooth outline through the knots (Catmull-Rom)."""
    around = [knots[-1], *knots, knots[0], knots[1 % len(knots)]]
    return _catmull_rom(np.array(around, np.float64))


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


def mirror(points: Points | Sequence[Point], axis: float = 50) -> Points:
    """Returns the points reflected in the vertical line x = `axis`, in reverse order."""
    reflected = np.array(points, np.float64)[::-1]
    reflected[:, 0] = 2 * axis - reflected[:, 0]
    return reflected


def symmetric(half: Points | Sequence[Point], axis: float = 50) -> Points:
    """Returns the outline made of one half and its reflection in x = `axis`."""
    return join(half, mirror(half, axis))


def ellipse(x: float, y: float, width: float, height: float | None = None) -> Points:
    """Returns an ellipse around (x, y); a circle when `height` is left out."""
    angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    radii = np.array([width, height if height is not None else width]) / 2
    outline: Points = np.array([x, y]) + radii * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return outline


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Points:
    """Returns a rectangle whose corners are rounded by `radius`."""
    if not radius:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    turn = np.linspace(0, math.pi / 2, 9)
    corner = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    centres = [
        (right - radius, bottom - radius),
        (left + radius, bottom - radius),
        (left + radius, top + radius),
        (right - radius, top + radius),
    ]
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])  # turns a row vector by 90 degrees
    pieces = []
    for centre in centres:
        pieces.append(np.array(centre) + corner)
        corner = corner @ quarter
    return np.concatenate(pieces)


def turned(points: Points | Sequence[Point], degrees: float, about: Point) -> Points:
    """Returns the points turned clockwise on the page about a point."""
    angle = math.radians(degrees)
    rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centre = np.array(about)
    placed: Points = (np.asarray(points, np.float64) - centre) @ rotation + centre
    return placed


def moved(points: Points | Sequence[Point], x: float = 0, y: float = 0) -> Points:
    """Returns the points shifted by (x, y)."""
    shifted: Points = np.asarray(points, np.float64) + np.array([x, y])
    return shifted


def between(start: Point, end: Point, part: float) -> Point:
    """Returns the point a `part` of the way from `start` to `end`."""
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
