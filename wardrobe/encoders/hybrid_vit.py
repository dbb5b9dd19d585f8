"""The hybrid ViT: a convolutional stem whose feature map is the transformer's patch sequence.

Dosovitskiy et al., "An Image is Worth 16x16 Words" (ICLR 2021), section 3.1 "Hybrid Architecture".
"""

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from wardrobe.encoders.efficientnet_lite import FEATURE_CHANNELS, FEATURE_STRIDE, EfficientNetLite0
from wardrobe.errors import CheckpointError


class HybridViTConfig(PreTrainedConfig):
    """Shape of a hybrid ViT; `image_size` is a multiple of the stem's stride, 32 pixels."""

    model_type = "wardrobe_hybrid_vit"

    image_size: int = 160
    hidden_size: int = 256
    num_hidden_layers: int = 4
    num_attention_heads: int = 8
    intermediate_size: int = 1024
    hidden_dropout_prob: float = 0.1

    def __post_init__(self, **kwargs: object) -> None:
        super().__post_init__(**kwargs)
        if self.image_size % FEATURE_STRIDE:
            raise CheckpointError(
                f"image_size {self.image_size} must be a multiple of {FEATURE_STRIDE} pixels"
            )


class HybridViTModel(PreTrainedModel):
    """Pictures `(batch, 3, image_size, image_size)` → a pooled vector `(batch, hidden_size)`."""

    config_class = HybridViTConfig
    base_model_prefix = "hybrid_vit"
    main_input_name = "pixel_values"

    def __init__(self, config: HybridViTConfig) -> None:
        super().__init__(config)
        patches = (config.image_size // FEATURE_STRIDE) ** 2
        self.stem = EfficientNetLite0()
        self.patch_projection = nn.Linear(FEATURE_CHANNELS, config.hidden_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.position_embeddings = nn.Parameter(torch.zeros(1, 1 + patches, config.hidden_size))
        layer = nn.TransformerEncoderLayer(
            config.hidden_size,
            config.num_attention_heads,
            config.intermediate_size,
            config.hidden_dropout_prob,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(
            layer,
            config.num_hidden_layers,
            norm=nn.LayerNorm(config.hidden_size),
            enable_nested_tensor=False,
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, HybridViTModel):
            nn.init.trunc_normal_(module.class_token, std=0.02)
            nn.init.trunc_normal_(module.position_embeddings, std=0.02)

    def forward(self, pixel_values: torch.Tensor) -> BaseModelOutputWithPooling:
        """Returns the token states, and their mean with the class token as `pooler_output`."""
        features = self.stem(pixel_values).flatten(2).transpose(1, 2)
        patches = self.patch_projection(features)
        tokens = torch.cat([self.class_token.expand(len(patches), -1, -1), patches], dim=1)
        states = self.layers(tokens + self.position_embeddings)
        return BaseModelOutputWithPooling(
            last_hidden_state=states, pooler_output=states.mean(dim=1)
        )


AutoConfig.register(HybridViTConfig.model_type, HybridViTConfig)
AutoModel.register(HybridViTConfig, HybridViTModel)
