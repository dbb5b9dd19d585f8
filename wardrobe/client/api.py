"""The calls of a server as methods."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, TypedDict, Unpack

import httpx2

from wardrobe.client.answers import (
    Answer,
    Facets,
    FoundItem,
    Health,
    Item,
    Outcome,
    Prediction,
    Predictions,
    SearchPage,
    read_answer,
)
from wardrobe.client.items import (
    NewItem,
    if_match_header,
    item_body,
    item_path,
    picture_text,
    write_items,
)
from wardrobe.client.pictures import Picture, picture_bytes, picture_name
from wardrobe.client.transport import Transport, read_json


class SearchOptions(TypedDict, total=False):
    """The parameters of `POST /search` beside `text`; docs/http.md says what each does."""

    image: Picture
    crop: Sequence[float]
    id: str
    vector: Sequence[float]
    colour: str
    queries: Sequence[Mapping[str, Any]]
    top_k: int
    offset: int
    cursor: str
    min_score: float
    min_relevance: float
    filters: Mapping[str, Any]
    must_not: Sequence[str]
    mode: Literal["hybrid", "vector", "lexical"]
    facets: Sequence[str]
    sort: str
    group_by: str
    collapse: float
    diversity: float
    explain: bool
    understand: bool


class Wardrobe:
    """A server; safe to use from several threads.

    Every method raises `WardrobeApiError` for an answer that is not a success, and for none.
    Calls that may be repeated are tried again when the server is busy or not ready (429, 503).
    """

    def __init__(
        self,
        url: str = "http://localhost:8000",
        key: str | None = None,
        *,
        timeout: float = 30,
        retries: int = 4,
    ) -> None:
        """Connects only when first used.

        Args:
            key: API key, `wdr_…`.
            timeout: seconds to wait for a connection, and for each piece of an answer.
            retries: further tries of a call at most.
        """
        self.url = url.rstrip("/")
        self._transport = Transport(self.url, key, timeout, retries)

    def __enter__(self) -> "Wardrobe":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def predict(
        self, *pictures: Picture, top_k: int | None = None, explain: bool = False
    ) -> tuple[Prediction, ...]:
        """Tags pictures; a bad one among several fails alone.

        Args:
            pictures: as many as the server takes at once, 32 by default.
            top_k: labels in `top`.
            explain: give each selected tag a heatmap of what it looked at.
        """
        files = [
            ("files", (picture_name(picture, number), picture_bytes(picture)))
            for number, picture in enumerate(pictures)
        ]
        params = {} if top_k is None else {"top_k": top_k}
        response = self._transport.call(
            "POST", "/predict", files=files, params=params | ({"explain": 1} if explain else {})
        )
        return _read(Predictions, response).results

    def search(self, text: str | None = None, **options: Unpack[SearchOptions]) -> SearchPage:
        """Returns a page of the items most like a query; without a query, of all that match."""
        body: dict[str, Any] = {"text": text, **options}
        if body.get("image") is not None:
            body["image"] = picture_text(body["image"])
        if body.get("vector") is not None:
            body["vector"] = [float(number) for number in body["vector"]]
        if body.get("queries") is not None:
            body["queries"] = [
                {**query, "image": picture_text(query["image"])} if "image" in query else query
                for query in body["queries"]
            ]
        given = {name: value for name, value in body.items() if value is not None}
        response = self._transport.call("POST", "/search", json=given)
        return _read(SearchPage, response)

    def search_all(
        self, text: str | None = None, **options: Unpack[SearchOptions]
    ) -> Iterator[FoundItem]:
        """Yields the results of `search` page after page; `top_k` is the size of a page."""
        page = self.search(text, **options)
        yield from page
        while page.cursor is not None:
            options["cursor"] = page.cursor
            page = self.search(text, **options)
            yield from page

    def item(self, id: str) -> Item:
        """Returns an item."""
        return _read(Item, self._transport.call("GET", item_path(id)))

    def picture(self, id: str) -> bytes:
        """Returns the picture of an item, as it is in the catalogue."""
        return self._transport.call("GET", f"{item_path(id)}/image").content

    def put_item(
        self,
        id: str,
        picture: Picture,
        *,
        labels: Mapping[str, Sequence[str]] | None = None,
        caption: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        if_match: str | None = None,
        only_new: bool = False,
    ) -> Item:
        """Adds an item or replaces it; searches find it at once.

        Args:
            labels: attribute → given labels.
            if_match: `etag` of the version to replace; of any other the server refuses it (412).
            only_new: refuse (412) to replace an item.
        """
        body = item_body(picture, caption, labels, metadata)
        headers = if_match_header(if_match) | ({"If-None-Match": "*"} if only_new else {})
        return _read(Item, self._transport.call("PUT", item_path(id), json=body, headers=headers))

    def patch_item(
        self,
        id: str,
        *,
        picture: "Picture | None" = None,
        labels: Mapping[str, Sequence[str] | None] | None = None,
        caption: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        if_match: str | None = None,
    ) -> Item:
        """Changes what is given of an item.

        Args:
            labels: attribute → given labels; None removes the attribute's.
            metadata: merged into what is there (RFC 7396): None removes a key.
            if_match: `etag` of the version to change; of any other the server refuses it (412).
        """
        body = item_body(picture, caption, labels, metadata)
        return _read(
            Item,
            self._transport.call(
                "PATCH", item_path(id), json=body, headers=if_match_header(if_match)
            ),
        )

    def delete_item(self, id: str, *, if_match: str | None = None) -> None:
        """Removes an item."""
        self._transport.call("DELETE", item_path(id), headers=if_match_header(if_match))

    def put_items(self, items: Iterable[NewItem]) -> Iterator[Outcome]:
        """Adds or replaces many items and yields what became of each as it is done.

        A bad item fails alone. Only some dozens of items are in memory at any time.
        """
        return write_items(items, lambda lines: self._transport.lines("/items", lines))

    def facets(
        self,
        fields: Sequence[str] = (),
        *,
        filters: Mapping[str, Any] | None = None,
        must_not: Sequence[str] = (),
        limit: int | None = None,
    ) -> Facets:
        """Returns how many of the items that match have each value of the fields.

        Args:
            fields: by default every attribute, and metadata of at most `limit` values.
            limit: values of each field, 50 by default.
        """
        params: dict[str, Any] = {"fields": json.dumps(list(fields))}
        if filters is not None:
            params["filters"] = json.dumps(filters)
        if must_not:
            params["must_not"] = json.dumps(list(must_not))
        if limit is not None:
            params["limit"] = limit
        return _read(Facets, self._transport.call("GET", "/facets", params=params))

    def feedback(
        self,
        id: str,
        verdict: Literal["accept", "reject"],
        *,
        tag: str | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> None:
        """Says whether a tag of an item is right, or whether the item answers a query.

        Args:
            tag: such as `colour=Red`.
            query: as it is sent to `/search`; exactly one of `tag` and `query` is judged.
        """
        judged = (
            {"kind": "tag", "tag": tag} if query is None else {"kind": "result", "query": query}
        )
        self._transport.call(
            "POST", "/feedback", json={**judged, "id": id, "verdict": verdict}, idempotent=False
        )

    def health(self) -> Health:
        """Returns what is being served; the server refuses (503) before it is ready."""
        response = self._transport.call("GET", "/healthz")
        return _read(Health, response)

    def swap(
        self, index: str, encoder: str | None = None, *, discard_writes: bool = False
    ) -> dict[str, Any]:
        """Begins to serve another index folder, and encoder; the old ones serve until it is ready.

        Both are places on the server. Returns the state of the swap.

        Args:
            discard_writes: let go what was written to an index that the new was not built from.
        """
        body: dict[str, Any] = {"index": index, "discard_writes": discard_writes}
        if encoder is not None:
            body["encoder"] = encoder
        return self._administer("POST", "/admin/swap", json=body)

    def swap_state(self) -> dict[str, Any]:
        """Returns the state of the last swap."""
        return self._administer("GET", "/admin/swap")

    def rollback(self) -> dict[str, Any]:
        """Goes back to what served before the last swap."""
        return self._administer("POST", "/admin/rollback")

    def compact(self) -> dict[str, Any]:
        """Purges what deletes and replacements left behind; returns when it is done.

        A large index takes longer than the usual `timeout`.
        """
        return self._administer("POST", "/admin/compact")

    def _administer(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = self._transport.call(method, path, idempotent=method == "GET", **request)
        state: dict[str, Any] = read_json(response)
        return state


def _read(kind: type[Answer], response: httpx2.Response) -> Answer:
    request_id = response.headers.get("X-Request-ID")
    return read_answer(kind, read_json(response), request_id=request_id)
