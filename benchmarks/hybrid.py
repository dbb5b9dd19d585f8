"""Words, meaning, or both: product names as queries, by SQLite's bm25, by vectors, and fused.

    python -m benchmarks.hybrid --data multi_label_dataset/fashion-product-images

Ten minutes. A query is the name of a validation picture, and right is every picture of exactly that
name. As the index has the same names, words alone find them all: so queries are also asked
shortened, in another order, with typing errors and in other words, and the index is also given
other words: an item's labels and brand, without its name. Galleries are the validation pictures,
and all, of which the encoder has seen seven eighths in training. Reciprocal rank fusion (Cormack et
al. 2009) takes the first 200 of either list. Beside them, "a navy blue shirt" for every type and
colour of the validation pictures, right being both. The figures go to
benchmarks/results/hybrid.json, with 95 % bootstrap intervals.
"""

import argparse
import re
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.machine import save
from wardrobe.encoders import load_encoder
from wardrobe.encoding import encode_split, encode_texts
from wardrobe.evaluation.retrieval import garment_queries
from wardrobe.manifest import Item, Manifest
from wardrobe.metrics import mean_estimates
from wardrobe.settings import Settings

DEPTH = 200  # of each list; beyond it an item has no rank
VECTOR, LEXICAL = "vector", "lexical"
FUSIONS = {
    "hybrid k=60": (60, 1.0),
    "hybrid k=10": (10, 1.0),
    "hybrid k=60, words half": (60, 0.5),
    "hybrid k=60, words double": (60, 2.0),
}
"""Name → k and the weight of words; meaning weighs 1."""

Ranking = list[int]


def main() -> int:
    """Measures every combination and saves it."""
    arguments = _parse()
    encoder = load_encoder(arguments.encoder, networks=Settings().networks)
    manifest = Manifest.load(arguments.data)
    val, train = (encode_split(encoder, manifest, split) for split in ("val", "train"))
    items = [*val.items, *train.items]
    vectors = np.concatenate([val.vectors, train.vectors])
    names = sorted({item.caption for item in val.items} - {""})
    measured: list[dict[str, Any]] = []
    for asked, change in CHANGES.items():
        random = np.random.default_rng(0)
        queries = [change(name, random) for name in names]
        cosines = encode_texts(encoder, queries) @ vectors.T
        for gallery, size in (("validation", len(val.items)), ("all", len(items))):
            right = [{i for i in range(size) if items[i].caption == name} for name in names]
            meaning = [_top(row[:size]) for row in cosines]
            for text, words_of in TEXTS.items():
                words = lexical([words_of(item) for item in items[:size]], queries)
                found = {"gallery": gallery, "index": text, "queries": asked, "asked": len(names)}
                measured.append(found | {"methods": judge(meaning, words, right)})
                _print(measured[-1])
    texts, relevant = garment_queries(val, manifest.label_space)
    meaning = [_top(row) for row in encode_texts(encoder, texts) @ val.vectors.T]
    phrases = judge_phrases(
        meaning, lexical([item.caption for item in val.items], texts), relevant["both"]
    )
    print(f"phrases: {phrases}")
    save("hybrid", {"depth": DEPTH, "measured": measured, "phrases": phrases})
    return 0


def judge(
    meaning: Sequence[Ranking], words: Sequence[Ranking], right: Sequence[set[int]]
) -> dict[str, dict[str, list[float]]]:
    """Returns recall@10 and MRR of every method, each with its 95 % interval."""
    scores = {}
    for name, rankings in _methods(meaning, words).items():
        both = list(zip(rankings, right, strict=True))
        recall = [len(wanted & set(ranking[:10])) / len(wanted) for ranking, wanted in both]
        first = [_reciprocal(ranking, wanted) for ranking, wanted in both]
        estimates = mean_estimates({"recall@10": np.array(recall), "mrr": np.array(first)})
        scores[name] = {
            metric: [round(value, 4) for value in (found.value, found.low, found.high)]
            for metric, found in estimates.items()
        }
    return scores


def judge_phrases(
    meaning: Sequence[Ranking], words: Sequence[Ranking], right: np.ndarray
) -> dict[str, list[float]]:
    """Returns how many of the first ten, or of all if fewer, are right `(queries, gallery)`."""
    best = np.minimum(10, right.sum(axis=1))
    scores = {}
    for name, rankings in _methods(meaning, words).items():
        found = [right[i, ranking[:10]].sum() for i, ranking in enumerate(rankings)]
        share = mean_estimates({"share": np.array(found) / best})["share"]
        scores[name] = [round(value, 4) for value in (share.value, share.low, share.high)]
    return scores


def _methods(meaning: Sequence[Ranking], words: Sequence[Ranking]) -> dict[str, Sequence[Ranking]]:
    methods = {VECTOR: meaning, LEXICAL: words}
    for name, (k, weight) in FUSIONS.items():
        pairs = zip(meaning, words, strict=True)
        methods[name] = [fuse(first, second, k, weight) for first, second in pairs]
    return methods


def _reciprocal(ranking: Ranking, wanted: set[int]) -> float:
    return next((1 / rank for rank, item in enumerate(ranking, start=1) if item in wanted), 0.0)


def fuse(meaning: Ranking, words: Ranking, k: int, weight: float) -> Ranking:
    """Returns items by falling sum of `weight / (k + rank)`; equal ones as by meaning first."""
    scores: dict[int, float] = {}
    for ranking, share in ((meaning, 1.0), (words, weight)):
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + share / (k + rank)
    return sorted(scores, key=lambda item: -scores[item])


def lexical(texts: Sequence[str], queries: Sequence[str]) -> list[Ranking]:
    """Returns the items with any word of each query, by SQLite's bm25."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='porter unicode61')")
    connection.executemany("INSERT INTO words(rowid, text) VALUES (?, ?)", enumerate(texts))
    rankings = []
    for query in tqdm(queries, "searching words", unit="query", delay=2, disable=None):
        terms = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", query))
        found = connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?",
            (terms or '""', DEPTH),
        )
        rankings.append([row for (row,) in found])
    return rankings


def _top(cosines: np.ndarray) -> Ranking:
    order: Ranking = np.argsort(-cosines, kind="stable")[:DEPTH].tolist()
    return order


def _shortened(name: str, random: np.random.Generator) -> str:
    words = name.split()
    kept = np.sort(random.permutation(len(words))[: max(2, len(words) // 2)])
    return " ".join(words[i] for i in kept)


def _reordered(name: str, random: np.random.Generator) -> str:
    words = name.split()
    return " ".join(words[i] for i in random.permutation(len(words)))


def _mistyped(name: str, random: np.random.Generator) -> str:
    """Swaps two neighbouring letters in each of two words of four letters and more."""
    words = name.split()
    long = [i for i, word in enumerate(words) if len(word) > 3]
    for i in random.permutation(long)[:2]:
        at = int(random.integers(len(words[i]) - 1))
        word = words[i]
        words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def _unbranded(name: str, random: np.random.Generator) -> str:
    return " ".join(name.split()[1:]) or name


OTHER_WORDS = {
    "tshirt": "tee", "tshirts": "tees", "t-shirt": "tee", "t-shirts": "tees", "shirt": "button-up",
    "shirts": "button-ups", "top": "blouse", "tops": "blouses", "jeans": "denims",
    "trousers": "slacks", "pants": "slacks", "shorts": "bermudas", "dress": "frock",
    "dresses": "frocks", "kurta": "tunic", "kurtas": "tunics", "sweater": "jumper",
    "sweaters": "jumpers", "jacket": "coat", "jackets": "coats", "shoes": "footwear",
    "shoe": "footwear", "sandals": "open footwear", "heels": "stilettos", "watch": "timepiece",
    "watches": "timepieces", "sunglasses": "shades", "handbag": "purse", "handbags": "purses",
    "backpack": "rucksack", "backpacks": "rucksacks", "wallet": "billfold", "wallets": "billfolds",
    "briefs": "underwear", "tie": "necktie", "perfume": "fragrance", "men": "gents",
    "women": "ladies", "womens": "ladies", "mens": "gents", "printed": "patterned",
    "navy": "dark", "maroon": "burgundy", "black": "jet", "white": "snowy", "red": "crimson",
    "grey": "ash", "brown": "chocolate", "pink": "rose", "purple": "violet", "beige": "sand",
}  # fmt: skip


def _reworded(name: str, random: np.random.Generator) -> str:
    """Leaves the brand out and says the rest in words that shops use less."""
    return " ".join(
        OTHER_WORDS.get(word.lower(), word) for word in _unbranded(name, random).split()
    )


CHANGES: dict[str, Callable[[str, np.random.Generator], str]] = {
    "names": lambda name, random: name,
    "half of the words": _shortened,
    "without the first word": _unbranded,
    "another order": _reordered,
    "two typing errors": _mistyped,
    "other words": _reworded,
}


def _labels_and_brand(item: Item) -> str:
    labels = [label for found in item.labels.values() for label in found]
    return " ".join([item.caption.partition(" ")[0], *labels])


TEXTS: dict[str, Callable[[Item], str]] = {
    "names": lambda item: item.caption,
    "labels and brand": _labels_and_brand,
}


def _print(found: dict[str, Any]) -> None:
    print(f"{found['gallery']}, index of {found['index']}, queries: {found['queries']}")
    for name, scores in found["methods"].items():
        print(f"    {name:26} R@10 {scores['recall@10'][0]:.3f}  MRR {scores['mrr'][0]:.3f}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hybrid")
    parser.add_argument("--encoder", default=Settings().encoder, help="default: %(default)s")
    parser.add_argument("--data", type=Path, required=True, help="a dataset root")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
