"""The index: vectors in FAISS, items in SQLite, one folder opened whole or not at all."""

from wardrobe.index.catalogue import CatalogueItem
from wardrobe.index.folder import Index

__all__ = ["CatalogueItem", "Index"]
