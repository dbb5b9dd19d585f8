"""Tiny checkpoints built from configs: of each hub family, a text tower and a Wardrobe one."""

import io
import json
from pathlib import Path

import sentencepiece
import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    BitImageProcessorPil,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTokenizerFast,
    Dinov2Config,
    Dinov2Model,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
    SiglipTokenizer,
    ViTConfig,
    ViTImageProcessorPil,
    ViTModel,
)

from wardrobe.encoders.hybrid_vit import HybridViTConfig
from wardrobe.encoders.text_tower import TextTower
from wardrobe.encoders.wardrobe_model import WardrobeConfig, WardrobeModel
from wardrobe.labels import Attribute, LabelSpace

LABEL_SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Jeans", "Caps")),
        Attribute("details", "multi", ("Buttons", "Zip")),
    )
)
_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
_TINY_DINOV2 = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "mlp_ratio": 2,
    "image_size": 28,
    "patch_size": 14,
}


def save_vit(folder: Path) -> Path:
    """A plain ViT of 32 px without a text tower."""
    torch.manual_seed(0)
    ViTModel(ViTConfig(**_TINY, image_size=32, patch_size=8)).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    """A CLIP of 32 px whose tokenizer knows single letters."""
    torch.manual_seed(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokens = [
        "<|startoftext|>",
        "<|endoftext|>",
        *letters,
        *(f"{letter}</w>" for letter in letters),
    ]
    vocabulary = {token: row for row, token in enumerate(tokens)}
    text = {**_TINY, "vocab_size": len(tokens), "max_position_embeddings": 64}
    text |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    vision = {**_TINY, "image_size": 32, "patch_size": 8}
    CLIPModel(
        CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    ).save_pretrained(folder)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    CLIPImageProcessorPil(**size).save_pretrained(folder)
    CLIPTokenizerFast(vocab=vocabulary, merges=[]).save_pretrained(folder)
    return folder


def save_siglip(folder: Path) -> Path:
    """A SigLIP of 32 px with a SentencePiece vocabulary of single letters."""
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    pieces = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["abcdefghijklmnopqrstuvwxyz"]),
        model_writer=pieces,
        model_type="char",
        vocab_size=30,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    (folder / "spiece.model").write_bytes(pieces.getvalue())
    # Without a mask, as the published checkpoints say.
    tokenizer = SiglipTokenizer(str(folder / "spiece.model"), model_input_names=["input_ids"])
    text = {**_TINY, "vocab_size": len(tokenizer), "max_position_embeddings": 64}
    text |= {"projection_size": 32, "bos_token_id": 0, "eos_token_id": 1}
    vision = {**_TINY, "image_size": 32, "patch_size": 8}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision))
    with torch.no_grad():  # as after training: Zhai et al. 2023 start at 10 and -10
        model.logit_scale.fill_(2.3)
        model.logit_bias.fill_(-10)
    model.save_pretrained(folder)
    SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_dinov2(folder: Path) -> Path:
    """A DINOv2 of 28 px, which resizes to 36 and crops."""
    torch.manual_seed(0)
    Dinov2Model(Dinov2Config(**_TINY_DINOV2)).save_pretrained(folder)
    BitImageProcessorPil(
        size={"shortest_edge": 36}, crop_size={"height": 28, "width": 28}
    ).save_pretrained(folder)
    return folder


HUB = {"clip": save_clip, "siglip": save_siglip, "vit": save_vit, "dinov2": save_dinov2}
"""How to save a checkpoint of each hub family."""


def save_text_tower(folder: Path) -> Path:
    """A BERT with a vocabulary of a few words."""
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "blue", "dress", "shirt"]
    (folder / "vocab.txt").write_text("\n".join(words))
    BertModel(BertConfig(**_TINY, vocab_size=len(words))).save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def save_wardrobe(folder: Path, text_tower: Path, vision_config: object | None = None) -> Path:
    """A Wardrobe checkpoint on a random hybrid ViT of 64 px (or another backbone)."""
    torch.manual_seed(0)
    config = vision_config or HybridViTConfig(
        image_size=64,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
    )
    tower = TextTower(str(text_tower))
    WardrobeModel(
        WardrobeConfig(
            vision_config=config.to_dict(),  # type: ignore[attr-defined]
            num_tags=len(LABEL_SPACE),
            projection_dim=tower.dimension,
            text_model=str(text_tower),
            text_model_sha256=tower.sha256,
        )
    ).save_pretrained(folder)
    side = config.image_size  # type: ignore[attr-defined]
    ViTImageProcessorPil(size={"height": side, "width": side}).save_pretrained(folder)
    (folder / "labels.json").write_text(json.dumps(LABEL_SPACE.to_json()))
    return folder
