"""Twenty written queries: what is found, and how well beside plain vector arithmetic.

    INDEX=indexes/fashion python -m benchmarks.queries                       (half a minute)
    INDEX=indexes/demo python -m benchmarks.queries --grids docs/queries     (writes the pictures)

Each query is asked through the application, as a client would: what it says is understood as
filters, colours and negative parts. Beside it stands what vectors alone make of it: the same parts
added up with their weights (`understand` off, mode `vector`). Precision@5 counts results that have
all of the wanted given labels and none of the unwanted ones. Where the catalogue says which items
the encoder was not trained on (metadata `split`), there are figures for these alone too. The raw
data goes to benchmarks/results/queries_<index>.json.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from flask.testing import FlaskClient
from PIL import Image, ImageOps
from tqdm import tqdm

from benchmarks.machine import save
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

DEPTH, TILE, GAP = 5, 112, 6
LESS = -0.5
"""Weight of what is unwanted, in the arithmetic."""

HELD_OUT = {"metadata": "split", "in": ["val", "test"]}

Json = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A query as somebody writes it.

    Attributes:
        text: its words.
        like: tags of the item that "this" is; none for a query without one.
        colour: asked for by its code.
        wanted: tags that a right answer has.
        unwanted: tags that it has not.
        plus, minus: the words that the arithmetic adds and takes off.
    """

    kind: str
    text: str = ""
    like: tuple[str, ...] = ()
    colour: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    plus: str = ""
    minus: str = ""

    @property
    def title(self) -> str:
        """How it is written down."""
        this = f"[{' '.join(tag.partition('=')[2] for tag in self.like)}] " if self.like else ""
        return f"{this}{self.colour + ' ' if self.colour else ''}{self.text}".strip()


def _without(text: str, article: str, unwanted: str, plus: str, minus: str) -> Written:
    return Written("without", text, (), "", (article,), (unwanted,), plus, minus)


def _but(text: str, like: tuple[str, ...], colour: str) -> Written:
    return Written("but", text, like, "", (like[0], f"colour={colour}"), (), colour.lower())


QUERIES = (
    _without(
        "dress without stripes", "article_type=Dresses", "pattern=Striped", "dress", "stripes"
    ),
    _without("shirt without checks", "article_type=Shirts", "pattern=Checked", "shirt", "checks"),
    _without(
        "t-shirt, not striped", "article_type=Tshirts", "pattern=Striped", "t-shirt", "stripes"
    ),
    _without("skirt, no floral", "article_type=Skirts", "pattern=Floral", "skirt", "floral"),
    _without(
        "handbag, anything but brown", "article_type=Handbags", "colour=Brown", "handbag", "brown"
    ),
    _without("dress, not black", "article_type=Dresses", "colour=Black", "dress", "black"),
    _without("sweater -grey", "article_type=Sweaters", "colour=Grey", "sweater", "grey"),
    _without("jeans, not blue", "article_type=Jeans", "colour=Blue", "jeans", "blue"),
    _without("shirt minus formal", "article_type=Shirts", "usage=Formal", "shirt", "formal"),
    _without("top, not for girls", "article_type=Tops", "gender=Girls", "top", "for girls"),
    _but("but blue", ("article_type=Tops", "colour=Red"), "Blue"),
    _but("like this but black", ("article_type=Handbags", "colour=Brown"), "Black"),
    _but("the same in red", ("article_type=Tshirts", "colour=Blue"), "Red"),
    _but("but white", ("article_type=Shirts", "colour=Blue"), "White"),
    Written("colour", "shirt", (), "#203060", ("article_type=Shirts", "colour=Navy Blue")),
    Written("colour", "handbag", (), "#c01020", ("article_type=Handbags", "colour=Red")),
    Written("colour", "top", (), "#e8a0b8", ("article_type=Tops", "colour=Pink")),
    Written("colour", "t-shirt", (), "#f0d020", ("article_type=Tshirts", "colour=Yellow")),
    Written(
        "minus",
        "minus formal",
        ("article_type=Shirts", "usage=Formal"),
        "",
        ("article_type=Shirts",),
        ("usage=Formal",),
        "",
        "formal",
    ),
    Written(
        "minus",
        "without stripes",
        ("article_type=Tshirts", "pattern=Striped"),
        "",
        ("article_type=Tshirts",),
        ("pattern=Striped",),
        "",
        "stripes",
    ),
)
_INTRODUCTION = """# Written queries and what they find

Queries as somebody writes them, asked of the drawn demo catalogue: {count} of twenty, those whose
item it has; `[Tops Red]` stands for the item, on the left. Upper row: what `/search` finds, which
reads "without" and "but" in a text as filters and takes a colour as a colour. Lower row: the same
parts added up as vectors. Figures for photographs are in [search.md](search.md). This page is
written by

    INDEX=indexes/demo python -m benchmarks.queries --grids docs/queries"""

COLOUR_NAMES = {"#203060": "navy blue", "#c01020": "red", "#e8a0b8": "pink", "#f0d020": "yellow"}


def main(argv: Sequence[str] | None = None) -> None:
    """Asks all queries in both ways, and prints and keeps the precisions."""
    arguments = _parse(argv)
    settings = Settings()
    app = create_app(settings)
    service = current_service(app)
    service.startup.wait(120)
    client = app.test_client()
    try:
        among = {"all": None, "held out": HELD_OUT}
        counted = _post(client, {"filters": HELD_OUT, "top_k": 1})["total"]
        tables = {
            name: _table(client, condition, arguments.grids if name == "all" else None)
            for name, condition in among.items()
            if condition is None or counted
        }
    finally:
        service.close()
    save(f"queries_{settings.index.name}", {"depth": DEPTH, "among": tables})
    if arguments.grids:
        page = _page(tables["all"]["queries"], arguments.grids)
        arguments.grids.with_suffix(".md").write_text(page, encoding="utf-8")


def _table(client: FlaskClient, condition: Json | None, grids: Path | None) -> Json:
    rows = []
    for query in tqdm(QUERIES, "queries", unit="query", disable=None):
        item = _item_like(client, query)
        if query.like and item is None:
            continue
        pages = {
            "understood": _ask(client, _understood(query, item), condition),
            "arithmetic": _ask(client, _arithmetic(query, item), condition),
        }
        row: Json = {"query": query.title, "kind": query.kind}
        for way, results in pages.items():
            row[way] = mean([_is_right(query, result) for result in results] or [0])
            row[f"{way} shows unwanted"] = mean([_shows(query, r) for r in results] or [0])
        rows.append(row)
        if grids:
            grids.mkdir(parents=True, exist_ok=True)
            row["picture"] = f"{len(rows):02d}.png"
            grid = _grid(client, item, list(pages.values())).quantize(128)
            grid.save(grids / row["picture"], optimize=True)
    figures = [key for key in rows[0] if key.startswith(("understood", "arithmetic"))]
    by_kind = {
        kind: {key: round(mean(r[key] for r in rows if r["kind"] == kind), 3) for key in figures}
        for kind in dict.fromkeys(row["kind"] for row in rows)
    }
    overall = {key: round(mean(row[key] for row in rows), 3) for key in figures}
    for row in [*rows, {"query": "mean", "kind": "", **overall}]:
        print(f"{row['kind']:8} {row['query']:48} {row['understood']:.2f} {row['arithmetic']:.2f}")
    return {"mean": overall, "by_kind": by_kind, "queries": rows}


def _page(rows: Sequence[Json], grids: Path) -> str:
    """Returns a page that shows what each query found."""
    lines = [_INTRODUCTION.format(count=len(rows))]
    for row in rows:
        lines += [
            f"## {row['query']}",
            f"![results]({grids.name}/{row['picture']})",
            f"precision@5: {row['understood']:.2f}, by arithmetic {row['arithmetic']:.2f}",
        ]
    return "\n\n".join(lines) + "\n"


def _item_like(client: FlaskClient, query: Written) -> Json | None:
    """Returns the first item of the catalogue that was given some tags."""
    if not query.like:
        return None
    wanted = {"all": [{"tag": tag, "source": "given"} for tag in query.like]}
    found = _post(client, {"filters": wanted, "top_k": 1})["results"]
    return found[0] if found else None


def _understood(query: Written, item: Json | None) -> Json:
    asked: Json = {"text": query.text} if query.text else {}
    if item:
        asked["id"] = item["id"]
    if query.colour:
        asked["colour"] = query.colour
    return asked


def _arithmetic(query: Written, item: Json | None) -> Json:
    parts: list[Json] = [{"id": item["id"]}] if item else []
    if query.colour:
        parts.append({"text": f"{COLOUR_NAMES[query.colour]} {query.text}"})
    if query.plus:
        parts.append({"text": query.plus})
    if query.minus:
        parts.append({"text": query.minus, "weight": LESS})
    return {"queries": parts, "understand": False, "mode": "vector"}


def _ask(client: FlaskClient, asked: Json, condition: Json | None) -> list[Json]:
    filters = {} if condition is None else {"filters": condition}
    results: list[Json] = _post(client, {**asked, **filters, "top_k": DEPTH})["results"]
    return results


def _post(client: FlaskClient, asked: Json) -> Json:
    response = client.post("/search", json=asked)
    if response.status_code != 200:
        raise RuntimeError(f"{asked}: {response.text}")
    content: Json = response.json
    return content


def _is_right(query: Written, result: Json) -> bool:
    given = {f"{a}={label}" for a, labels in result["given"].items() for label in labels}
    return given.issuperset(query.wanted) and given.isdisjoint(query.unwanted)


def _shows(query: Written, result: Json) -> bool:
    given = {f"{a}={label}" for a, labels in result["given"].items() for label in labels}
    return not given.isdisjoint(query.unwanted)


def _grid(client: FlaskClient, item: Json | None, pages: Sequence[Sequence[Json]]) -> Image.Image:
    """Returns what was asked with, and a row of results for each way."""
    size = ((DEPTH + 1) * (TILE + GAP), len(pages) * (TILE + GAP))
    grid = Image.new("RGB", size, "white")
    if item:
        grid.paste(_tile(client, item), (0, 0))
    for row, results in enumerate(pages):
        for column, result in enumerate(results):
            place = ((column + 1) * (TILE + GAP), row * (TILE + GAP))
            grid.paste(_tile(client, result), place)
    return grid


def _tile(client: FlaskClient, item: Json) -> Image.Image:
    picture = Image.open(io.BytesIO(client.get(item["image_url"]).data)).convert("RGB")
    return ImageOps.pad(picture, (TILE, TILE), color="white")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.queries",
        description="Ask twenty written queries, beside plain vector arithmetic.",
        epilog="example:\n  INDEX=indexes/fashion python -m benchmarks.queries",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--grids", type=Path, help="folder to write a picture of each query to")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main(sys.argv[1:])
