"""The calls that find items: /search and /facets."""

import time
from collections.abc import Sequence

from flask import Blueprint, Response, g, request

from wardrobe.query import Query
from wardrobe.reasons import part_reasons, tag_reasons
from wardrobe.searcher import Found, Hit
from wardrobe.serving import parameters, telemetry
from wardrobe.serving.answers import answer
from wardrobe.serving.items import item_fields
from wardrobe.serving.queries import Asked, cursor_of, query_of
from wardrobe.serving.search_schemas import (
    Explanation,
    FacetParameters,
    FacetResponse,
    FacetValue,
    FoundItem,
    PartReason,
    SearchResponse,
    TagReason,
)
from wardrobe.serving.service import current_service

blueprint = Blueprint("search", __name__)

_FACET_VALUES = 50
"""Values of each field that /search counts at most."""


@blueprint.route("/search", methods=["GET", "POST"])
def search() -> Response:
    """Finds the items most like a query, or lists those that a filter leaves."""
    service = current_service()
    engine = service.engine
    given = parameters.read(request, service.search_parameters, raw_picture="image")
    asked = query_of(engine, given, g.deadline)
    with telemetry.stage("search"):
        found = engine.searcher.search(asked.query)
        explanations = _explanations(asked, found) if given.explain else [None] * len(found.hits)
        facets = _facets(found, given.facets, _FACET_VALUES) if given.facets else None
    end = asked.query.offset + given.top_k
    return answer(
        SearchResponse(
            results=[_found(hit, why) for hit, why in zip(found.hits, explanations, strict=True)],
            count=len(found.hits),
            total=found.total,
            offset=asked.query.offset,
            top_k=given.top_k,
            cursor=cursor_of(engine.index, found.snapshot.clock, end) if found.more else None,
            facets=facets,
            understood=asked.understood,
            took_ms=round((time.perf_counter() - g.started) * 1000, 3),
        )
    )


@blueprint.get("/facets")
def facets() -> Response:
    """Counts the values of fields."""
    engine = current_service().engine
    given = parameters.read(request, FacetParameters, raw_picture="")
    query = Query(filter=given.filters, must_not=tuple(given.must_not), top_k=0)
    with telemetry.stage("search"):
        found = engine.searcher.search(query)
        fields = given.fields or found.snapshot.columns.countable_fields(given.limit)
        counted = _facets(found, fields, given.limit)
    return answer(FacetResponse(facets=counted, total=found.total))


def _found(hit: Hit, explanation: Explanation | None) -> FoundItem:
    return FoundItem(
        **item_fields(hit.item),
        score=hit.score,
        relevance=hit.relevance,
        duplicates=list(hit.duplicates) or None,
        explanation=explanation,
    )


def _facets(found: Found, fields: Sequence[str], limit: int) -> dict[str, list[FacetValue]]:
    counted = found.snapshot.columns.facets(fields, found.matching, limit)
    return {
        field: [FacetValue(value=value, count=count) for value, count in values]
        for field, values in counted.items()
    }


def _explanations(asked: Asked, found: Found) -> list[Explanation]:
    parts = part_reasons(
        asked.query, found.snapshot, found.matching, [hit.slot for hit in found.hits]
    )
    return [
        Explanation(
            parts=[PartReason(**vars(reason)) for reason in reasons],
            tags=[
                TagReason(**vars(reason))
                for reason in tag_reasons(asked.query, asked.tags, hit.item)
            ],
        )
        for hit, reasons in zip(found.hits, parts, strict=True)
    ]
