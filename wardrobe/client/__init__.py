"""A client of the server: what the HTTP calls do, as methods that give typed answers.

from wardrobe.client import SearchOptions, Wardrobe

with Wardrobe("http://localhost:8000") as wardrobe:
    for item in wardrobe.search("red dress", top_k=5):
        print(item.id, item.score, item.labels)
"""

from wardrobe.client.answers import (
    FacetCount,
    Facets,
    FoundItem,
    Health,
    IndexHealth,
    Item,
    ItemTag,
    Outcome,
    Prediction,
    Problem,
    SearchPage,
    Tag,
    TopTag,
    Understood,
)
from wardrobe.client.api import SearchOptions, Wardrobe
from wardrobe.client.items import NewItem
from wardrobe.client.pictures import Picture
from wardrobe.errors import WardrobeApiError

__all__ = [
    "FacetCount",
    "Facets",
    "FoundItem",
    "Health",
    "IndexHealth",
    "Item",
    "ItemTag",
    "NewItem",
    "Outcome",
    "Picture",
    "Prediction",
    "Problem",
    "SearchOptions",
    "SearchPage",
    "Tag",
    "TopTag",
    "Understood",
    "Wardrobe",
    "WardrobeApiError",
]
