"""`wardrobe tag`: what a server says pictures show."""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from wardrobe.cli.options import Subparsers, add_command, add_server_options, connect
from wardrobe.errors import BadRequestError, WardrobeError

if TYPE_CHECKING:
    from wardrobe.client import Prediction, Wardrobe

Outcome: TypeAlias = "tuple[Path, Prediction | WardrobeError]"

_AT_ONCE = 8
_ABOUT_THE_PICTURE = ("unreadable_picture", "too_large")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `tag` to the commands."""
    parser = add_command(
        subparsers,
        "tag",
        does="tag pictures",
        details="A line a picture, in order; the exit code is 1 if any of them failed.",
        examples=["wardrobe tag some.jpg", "wardrobe tag photos/ --csv > tags.csv"],
    )
    parser.add_argument("pictures", nargs="+", type=Path, help="pictures, and folders of them")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="a line of JSON a picture, all labels")
    shape.add_argument("--csv", action="store_true", help="a column an attribute, selected labels")
    add_server_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    pictures = list(_pictures(arguments.pictures))
    write = _write_json if arguments.json else _write_csv if arguments.csv else _write_text
    failures: list[Path] = []
    with connect(arguments) as wardrobe, ThreadPoolExecutor(_AT_ONCE) as threads:
        outcomes = threads.map(lambda picture: _predict(wardrobe, picture), pictures)
        write(_noting(failures, zip(pictures, outcomes, strict=True)))
    return 1 if failures else 0


def _noting(failures: list[Path], outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    for picture, outcome in outcomes:
        if isinstance(outcome, WardrobeError):
            failures.append(picture)
        yield picture, outcome


def _pictures(given: Sequence[Path]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        from wardrobe.images import find_pictures

        found = list(find_pictures(path))
        if not found:
            raise BadRequestError(f"no picture in {path}; name a picture, or a folder that has one")
        yield from found


def _predict(wardrobe: "Wardrobe", picture: Path) -> "Prediction | WardrobeError":
    try:
        return wardrobe.predict(picture)[0]
    except WardrobeError as error:
        if error.code in _ABOUT_THE_PICTURE:
            return error
        raise


def _write_text(outcomes: Iterable[Outcome]) -> None:
    for picture, outcome in outcomes:
        sys.stdout.write(f"{picture}: {_described(outcome)}\n")


def _described(outcome: "Prediction | WardrobeError") -> str:
    if isinstance(outcome, WardrobeError):
        return outcome.message
    selected = [
        f"{attribute}={tag.label} {tag.probability:.2f}"
        for attribute, tags in outcome.tags.items()
        for tag in tags
        if tag.selected
    ]
    return ", ".join(selected) or "no tag reaches its threshold"


def _write_json(outcomes: Iterable[Outcome]) -> None:
    for picture, outcome in outcomes:
        line: dict[str, Any] = {"path": str(picture)}
        if isinstance(outcome, WardrobeError):
            line["error"] = {"code": outcome.code, "message": outcome.message}
        else:
            line["tags"] = asdict(outcome)["tags"]
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_csv(outcomes: Iterator[Outcome]) -> None:
    """Writes rows; the first picture that has tags says which columns there are."""
    held: list[Outcome] = []
    columns: list[str] = []
    for picture, outcome in outcomes:
        held.append((picture, outcome))
        if not isinstance(outcome, WardrobeError):
            columns = list(outcome.tags)
            break
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "error", *columns])
    for picture, outcome in chain(held, outcomes):
        if isinstance(outcome, WardrobeError):
            writer.writerow([picture, outcome.message, *("" for _ in columns)])
        else:
            labels = [";".join(outcome.selected.get(name, ())) for name in columns]
            writer.writerow([picture, "", *labels])
