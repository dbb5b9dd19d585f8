"""What filters mean, item by item in plain Python, and random filters to ask it about."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np

from wardrobe.index import CatalogueItem
from wardrobe.labels import LabelSpace

Json = dict[str, Any]

_COMPARE = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def matches(
    condition: Json,
    item: CatalogueItem,
    probabilities: Sequence[int] | np.ndarray | None,
    label_space: LabelSpace | None,
) -> bool:
    """Says whether an item matches a filter.

    Args:
        condition: the filter as JSON.
        probabilities: of the item, `(labels,)` in ten-thousandths.
    """
    if "tag" in condition:
        if "min_probability" in condition:
            likely = probabilities_of(condition["tag"], probabilities, label_space).values()
            return any(number / 10_000 >= condition["min_probability"] for number in likely)
        source, tag = condition.get("source", "given_first"), condition["tag"]
        if source == "given_first":
            return _carries(_counted(item), tag)
        return (source != "predicted" and _carries(item.labels, tag)) or (
            source != "given" and _carries(item.tags, tag)
        )
    if "metadata" in condition:
        found = [*_under(item.metadata, condition["metadata"])]
        if "exists" in condition:
            return bool(found) == condition["exists"]
        return any(_compares(value, condition) for value, whole in found if whole)
    if "id" in condition:
        return item.id in condition["id"]
    parts = {
        key: [matches(part, item, probabilities, label_space) for part in conditions]
        for key, conditions in condition.items()
    }
    return (
        all(parts.get("all", []))
        and any(parts.get("any", [True]))
        and not any(parts.get("none", []))
    )


def may_have(
    tag: str,
    item: CatalogueItem,
    probabilities: Sequence[int] | np.ndarray | None,
    label_space: LabelSpace | None,
    thresholds: Sequence[float] | np.ndarray,
) -> bool:
    """Says whether `must_not` with this tag leaves an item out."""
    likely = probabilities_of(tag, probabilities, label_space)
    return (
        _carries(item.labels, tag)
        or _carries(item.tags, tag)
        or any(p > 0 and p / 10_000 >= float(thresholds[i]) / 2 for i, p in likely.items())
    )


def probabilities_of(
    tag: str, probabilities: Sequence[int] | np.ndarray | None, label_space: LabelSpace | None
) -> dict[int, int]:
    """Returns the probabilities of a tag, or of every label of an attribute, by position."""
    if probabilities is None or label_space is None:
        return {}
    return {
        position: int(probabilities[position])
        for position, name in enumerate(label_space.names)
        if name == tag or name.split("=")[0] == tag
    }


def main_value(item: CatalogueItem, field: str) -> Any:
    """Returns what an item is sorted and grouped by, or None."""
    if field.startswith("metadata."):
        values = [v for v, whole in _under(item.metadata, field.removeprefix("metadata.")) if whole]
        return values[0] if values else None
    given, tags = item.labels.get(field, ()), item.tags.get(field, {})
    return given[0] if given else max(tags, key=tags.__getitem__, default=None)


def values_of(item: CatalogueItem, field: str) -> list[Any]:
    """Returns the values that an item counts under in facets, each once."""
    if field.startswith("metadata."):
        found = _under(item.metadata, field.removeprefix("metadata."))
        return list({(type(v) is bool, v): v for v, whole in found if whole}.values())
    return list(_counted(item).get(field, ()))


def _counted(item: CatalogueItem) -> Mapping[str, Any]:
    """Returns what an item has by attribute: what people said, or else what was predicted."""
    return {**item.tags, **{a: labels for a, labels in item.labels.items() if labels}}


def _carries(labels: Mapping[str, Any], tag: str) -> bool:
    attribute, equals, label = tag.partition("=")
    return label in labels.get(attribute, ()) if equals else bool(labels.get(attribute))


def _under(metadata: Any, key: str) -> Iterator[tuple[Any, bool]]:
    """Yields all values at a key or nested in it, and whether they are at the key itself."""
    if isinstance(metadata, list):
        for part in metadata:
            yield from _under(part, key)
    elif isinstance(metadata, dict):
        for name, part in metadata.items():
            if name == key:
                yield from _leaves(part)
            elif name.startswith(f"{key}."):
                yield from _leaves(part, False)
            elif key.startswith(f"{name}."):
                yield from _under(part, key[len(name) + 1 :])


def _leaves(value: Any, whole: bool = True) -> Iterator[tuple[Any, bool]]:
    if isinstance(value, list):
        for part in value:
            yield from _leaves(part, whole)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part, False)
    elif value is not None:
        yield value, whole


def _compares(value: Any, condition: Json) -> bool:
    if "eq" in condition:
        return _kind(value) == _kind(condition["eq"]) and value == condition["eq"]
    if "in" in condition:
        return any(_compares(value, {"eq": wanted}) for wanted in condition["in"])
    return all(
        _kind(value) == _kind(bound) and _COMPARE[name](value, bound)
        for name, bound in condition.items()
        if name in _COMPARE
    )


def _kind(value: Any) -> str:
    return {bool: "boolean", str: "string"}.get(type(value), "number")


def random_filter(
    rng: Random, items: Sequence[CatalogueItem], label_space: LabelSpace | None, depth: int = 3
) -> Json:
    """Returns a filter of any kind, nested at most `depth` deep, that most often has a match."""
    return _matched_by(rng.choice(items), rng, items, label_space, depth)


def _matched_by(
    item: CatalogueItem,
    rng: Random,
    items: Sequence[CatalogueItem],
    label_space: LabelSpace | None,
    depth: int,
) -> Json:
    """Returns a filter that the item matches, unless what must not hold happens to hold for it."""

    def some(most: int, about: CatalogueItem | None = None) -> list[Json]:
        return [
            _matched_by(about or rng.choice(items), rng, items, label_space, depth - 1)
            for _ in range(rng.randint(1, most))
        ]

    if depth == 1 or rng.random() < 0.6:
        return rng.choice([*_leaf_makers(item, rng, items, label_space).values()])()
    parts = {
        "all": lambda: some(3, item),
        "any": lambda: rng.sample(both := [*some(1, item), *some(2)], len(both)),
        "none": lambda: some(2),
    }
    return {key: parts[key]() for key in rng.sample([*parts], rng.randint(1, 3))}


def _leaf_makers(
    item: CatalogueItem,
    rng: Random,
    items: Sequence[CatalogueItem],
    label_space: LabelSpace | None,
) -> dict[str, Callable[[], Json]]:
    """Returns what makes each kind of condition that can be asked about the item."""
    given = [(a, label) for a, labels in item.labels.items() for label in labels]
    predicted = [(a, label) for a, labels in item.tags.items() for label in labels]
    values = {key: [v for v, whole in _under(item.metadata, key) if whole] for key in _keys(item)}
    askable = {key: [v for v in found if _may_be_asked(v)] for key, found in values.items()}
    usable = {key: found for key, found in askable.items() if found}
    makers: dict[str, Callable[[], Json]] = {
        "id": lambda: {"id": [item.id, *(other.id for other in rng.choices(items, k=3))]}
    }

    def tag(pairs: list[tuple[str, str]]) -> str:
        return "=".join(rng.choice(pairs)[: rng.choice([1, 2, 2, 2])])

    def metadata(compare: Callable[[Any], Json]) -> Json:
        key = rng.choice([*usable])
        return {"metadata": key, **compare(rng.choice(usable[key]))}

    if given or predicted:
        makers["tag"] = lambda: {"tag": tag(given + predicted)}
    if given:
        makers["any"] = lambda: {"tag": tag(given + predicted), "source": "any"}
        makers["given"] = lambda: {"tag": tag(given), "source": "given"}
    if predicted:
        makers["predicted"] = lambda: {"tag": tag(predicted), "source": "predicted"}
    if label_space:
        makers["probable"] = lambda: {
            "tag": tag([tuple(name.split("=", 1)) for name in label_space.names]),
            "min_probability": rng.choice([0.0001, 0.05, 0.3, round(rng.random(), 4) or 1]),
        }
    if usable:
        makers["equal"] = lambda: metadata(lambda value: {"eq": value})
        makers["one of"] = lambda: metadata(lambda value: {"in": [value, "none such", 3]})
        makers["range"] = lambda: metadata(lambda value: _bounds(value, rng))
        makers["exists"] = lambda: {"metadata": rng.choice([*usable]), "exists": True}
    makers["exists not"] = lambda: {
        "metadata": rng.choice([*_keys(rng.choice(items)), "nothing"]),
        "exists": False,
    }
    return makers


def _may_be_asked(value: Any) -> bool:
    """A filter's numbers, and those 5 away, must be exact in floating point."""
    return isinstance(value, str) or -(2**53) < value - 5 < value + 5 < 2**53


def _bounds(value: Any, rng: Random) -> Json:
    """Returns bounds around a value; true and false have none."""
    if isinstance(value, bool):
        return {"eq": value}
    low, high = (value[:1], f"{value}~") if isinstance(value, str) else (value - 5, value + 5)
    below = rng.choice([{}, {"gt": low}, {"gte": value}])
    above = rng.choice([{}, {"lt": high}, {"lte": value}])
    return below | above or {"gte": low}


def _keys(item: CatalogueItem) -> list[str]:
    """Returns the keys of the metadata, nested ones with dots."""

    def walk(value: Any, before: str) -> Iterator[str]:
        for part in value if isinstance(value, list) else [value]:
            for name, inner in part.items() if isinstance(part, dict) else ():
                yield f"{before}{name}"
                yield from walk(inner, f"{before}{name}.")

    return list(dict.fromkeys(walk(item.metadata, "")))
