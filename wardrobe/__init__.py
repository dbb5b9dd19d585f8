"""Wardrobe: multi-label tagging and visual search for pictures of clothing."""

__version__ = "0.1.0"
