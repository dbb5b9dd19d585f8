"""A client of the server: what the HTTP calls do, as methods that give typed answers.

from wardrobe.client import SearchOptions, Wardrobe

with Wardrobe("http://localhost:8000") as wardrobe:
    for item in wardrobe.search("red dress", top_k=5):
        print(item.id, item.score, item.labels)
"""

from wardrobe.client.answers import (
    Explanation,
    FacetCount,
    Facets,
    FoundItem,
    Health,
    IndexHealth,
    Item,
    ItemTag,
    Outcome,
    PartReason,
    Prediction,
    Problem,
    SearchPage,
    Tag,
    TagReason,
    TopTag,
    Understood,
)
from wardrobe.client.api import SearchOptions, Wardrobe
from wardrobe.client.items import NewItem
from wardrobe.client.pictures import Picture
from wardrobe.errors import WardrobeApiError

__all__ = [
    "Explanation",
    "FacetCount",
    "Facets",
    "FoundItem",
    "Health",
    "IndexHealth",
    "Item",
    "ItemTag",
    "NewItem",
    "Outcome",
    "PartReason",
    "Picture",
    "Prediction",
    "Problem",
    "SearchOptions",
    "SearchPage",
    "Tag",
    "TagReason",
    "TopTag",
    "Understood",
    "Wardrobe",
    "WardrobeApiError",
]
