"""What a server answers; fields that a newer server adds are passed over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from wardrobe.errors import WardrobeApiError

Answer = TypeVar("Answer")

_adapters: dict[type, TypeAdapter[Any]] = {}  # building one takes milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A label of an attribute.

    Attributes:
        selected: its probability reaches its threshold, and no rule speaks against it.
        heatmap: what it looked at, a grey PNG as a `data:` URI, where it was asked for.
    """

    label: str
    probability: float
    threshold: float
    selected: bool
    heatmap: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopTag(Tag):
    """A tag that names its attribute."""

    attribute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why one of several pictures or items failed."""

    code: str
    message: str
    detail: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The tags of a picture, or the problem with it.

    Attributes:
        tags: attribute → its labels, the most probable first.
        top: the most probable over all attributes.
    """

    filename: str
    tags: Mapping[str, tuple[Tag, ...]] = field(default_factory=dict)
    top: tuple[TopTag, ...] = ()
    error: Problem | None = None

    @property
    def selected(self) -> dict[str, list[str]]:
        """The selected labels by attribute, without attributes that have none."""
        chosen = {name: [t.label for t in found if t.selected] for name, found in self.tags.items()}
        return {name: labels for name, labels in chosen.items() if labels}


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """The tags of several pictures, in the order sent."""

    results: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTag:
    """A label predicted and selected."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of the catalogue.

    Attributes:
        labels: given labels, or without any the predicted ones; the most specific first.
        given: attribute → given labels.
        tags: attribute → what was predicted and selected.
        image_url: path of its picture on the server.
        etag: names this version of it, for `if_match`.
    """

    id: str
    labels: tuple[str, ...]
    tags: Mapping[str, tuple[ItemTag, ...]]
    caption: str
    image_url: str
    given: Mapping[str, tuple[str, ...]]
    metadata: Mapping[str, JsonValue]
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReason:
    """What one part of a query made of a score; the contributions add up to it."""

    part: str
    weight: float
    similarity: float
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TagReason:
    """A tag that query and item share; one that was given has no probability."""

    tag: str
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an item was found."""

    parts: tuple[PartReason, ...]
    tags: tuple[TagReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem(Item):
    """An item that answers a search.

    Attributes:
        score: cosine with the query; None without one.
        relevance: probability that a person would call it relevant, if that was learnt.
        explanation: what made the score, where it was asked for.
        duplicates: ids of the near-duplicates that it stands for.
    """

    score: float | None = None
    relevance: float | None = None
    explanation: Explanation | None = None
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """How many items have a value of a field."""

    value: JsonValue
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The values of fields, the most frequent first, and how many items were counted."""

    facets: Mapping[str, tuple[FacetCount, ...]]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was read in a text beside its meaning.

    Attributes:
        text: what is left of it.
        must: of each of these groups, results have a tag.
        must_not: tags that no result has.
        unlike: words that results are unlike.
    """

    text: str
    must: tuple[tuple[str, ...], ...]
    must_not: tuple[str, ...]
    unlike: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A page of results, best first; iterating over it gives them.

    Attributes:
        count: results on this page.
        total: items that match the filters.
        cursor: what to send for the next page; None on the last.
        facets: field → counts, where they were asked for.
    """

    results: tuple[FoundItem, ...]
    count: int
    total: int
    offset: int
    top_k: int
    took_ms: float
    cursor: str | None = None
    facets: Mapping[str, tuple[FacetCount, ...]] | None = None
    understood: Understood | None = None

    def __iter__(self) -> Iterator[FoundItem]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one item of many.

    Attributes:
        status: `created`, `replaced` or `unchanged`.
        etag: names the version there is now.
        error: why it was not written; then the others are None.
    """

    id: str | None
    status: str | None = None
    etag: str | None = None
    error: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHealth:
    """The index being served."""

    kind: str
    count: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is being served."""

    status: str
    version: str
    encoder: str
    fingerprint: str
    dimension: int
    precision: str
    has_text: bool
    has_tags: bool
    zero_shot: bool
    index: IndexHealth


def read_answer(kind: type[Answer], content: Any, *, request_id: str | None = None) -> Answer:
    """Returns JSON as one of these classes.

    Raises:
        WardrobeApiError: it is none; client and server are of different versions.
    """
    try:
        answer: Answer = _adapter(kind).validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WardrobeApiError(
            200,
            "not_wardrobe",
            f"the answer is not what this client reads: {place}: {first['msg']}; "
            "are client and server of the same version?",
            request_id=request_id,
        ) from error
    return answer


def _adapter(kind: type[Answer]) -> TypeAdapter[Answer]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
