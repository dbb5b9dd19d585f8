"""Encoders: the shipped hybrid ViT, and any Hugging Face ViT or CLIP, behind one interface."""

from wardrobe.encoders.base import Encoder, PictureEncoding

__all__ = ["Encoder", "PictureEncoding"]
