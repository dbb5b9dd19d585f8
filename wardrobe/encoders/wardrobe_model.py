"""The network of a checkpoint: any vision backbone, a projection to the text space, tag heads."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.configuration_utils import SubConfigSpec
from transformers.utils.generic import ModelOutput

from wardrobe.encoders.checkpoint import MODEL_TYPE
from wardrobe.encoders.hybrid_vit import HybridViTConfig


class WardrobeConfig(PreTrainedConfig):
    """Backbone, sizes and text tower of a checkpoint.

    Attributes:
        vision_config: of the backbone: the hybrid ViT or any Hugging Face vision model.
        num_tags: columns of the tag logits; their names are in the checkpoint's `labels.json`.
        projection_dim: length of the vectors, and the text tower's width.
        text_model: hub id or folder of the frozen text tower.
        text_model_sha256: digest of its weights; another text tower would give other vectors.
    """

    model_type = MODEL_TYPE
    sub_configs_defaults = {
        "vision_config": SubConfigSpec(
            config_class=AutoConfig, model_type=HybridViTConfig.model_type
        )
    }

    vision_config: Any = None
    num_tags: int = 0
    projection_dim: int = 384
    text_model: str = "sentence-transformers/all-MiniLM-L6-v2"
    text_model_sha256: str = ""


@dataclass
class WardrobeOutput(ModelOutput):
    """One forward of a batch.

    Attributes:
        vectors: unit vectors `(batch, projection_dim)`.
        logits: tag logits `(batch, num_tags)`.
    """

    vectors: torch.Tensor | None = None
    logits: torch.Tensor | None = None


class WardrobeModel(PreTrainedModel):
    """Pictures → unit vectors and tag logits in one forward; texts → vectors of the same space."""

    config_class = WardrobeConfig
    base_model_prefix = "wardrobe"
    main_input_name = "pixel_values"

    def __init__(self, config: WardrobeConfig) -> None:
        super().__init__(config)
        self.vision_model = AutoModel.from_config(config.vision_config)
        width = config.vision_config.hidden_size
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, config.projection_dim)
        )
        # The tower is frozen; this alone adapts its space to the words of the pictures' captions.
        self.text_projection = nn.Linear(config.projection_dim, config.projection_dim, bias=False)
        self.heads = nn.Linear(width, config.num_tags)
        # CLIP's learnt temperature of the contrastive loss (Radford et al. 2021), log(1 / 0.07).
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, WardrobeModel):
            nn.init.eye_(module.text_projection.weight)

    def forward(self, pixel_values: torch.Tensor) -> WardrobeOutput:
        """Encodes pictures `(batch, 3, height, width)`."""
        pooled = self.norm(pooled_output(self.vision_model(pixel_values=pixel_values)))
        vectors = functional.normalize(self.projection(pooled).float(), dim=-1)
        return WardrobeOutput(vectors=vectors, logits=self.heads(pooled).float())

    def project_texts(self, tower_vectors: torch.Tensor) -> torch.Tensor:
        """Returns unit vectors of texts, given the text tower's `(texts, projection_dim)`."""
        return functional.normalize(self.text_projection(tower_vectors).float(), dim=-1)


def pooled_output(output: ModelOutput) -> torch.Tensor:
    """Returns a vision model's pooled vector `(batch, hidden_size)`, else its class token."""
    pooled: torch.Tensor | None = output.get("pooler_output")
    return output["last_hidden_state"][:, 0] if pooled is None else pooled


AutoConfig.register(WardrobeConfig.model_type, WardrobeConfig)
AutoModel.register(WardrobeConfig, WardrobeModel)
