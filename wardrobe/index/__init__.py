"""The index: vectors in FAISS, items in SQLite, one folder opened whole or not at all."""

from wardrobe.index.entries import CatalogueItem, Change, Entry, Written
from wardrobe.index.folder import Index
from wardrobe.index.snapshot import Snapshot

__all__ = ["CatalogueItem", "Change", "Entry", "Index", "Snapshot", "Written"]
