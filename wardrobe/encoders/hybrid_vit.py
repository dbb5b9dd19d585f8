"""The hybrid ViT: a convolutional stem whose feature map is the transformer's patch sequence.

Dosovitskiy et al., "An Image is Worth 16x16 Words" (ICLR 2021), section 3.1 "Hybrid Architecture".
"""

import math

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from wardrobe.encoders.efficientnet_lite import FEATURE_CHANNELS, FEATURE_STRIDE, EfficientNetLite0
from wardrobe.errors import CheckpointError


class HybridViTConfig(PreTrainedConfig):
    """Shape of a hybrid ViT; `image_size` is a multiple of the stem's stride, 32 pixels.

    Attributes:
        drop_path_rate: chance that training skips the last layer for a picture; the layers before
            it are skipped less, in equal steps from 0.
    """

    model_type = "wardrobe_hybrid_vit"

    image_size: int = 160
    hidden_size: int = 256
    num_hidden_layers: int = 4
    num_attention_heads: int = 8
    intermediate_size: int = 1024
    hidden_dropout_prob: float = 0.1
    drop_path_rate: float = 0.0

    def __post_init__(self, **kwargs: object) -> None:
        super().__post_init__(**kwargs)
        if self.image_size % FEATURE_STRIDE:
            raise CheckpointError(
                f"image_size {self.image_size} must be a multiple of {FEATURE_STRIDE} pixels"
            )


class HybridViTModel(PreTrainedModel):
    """Pictures `(batch, 3, side, side)` → a pooled vector `(batch, hidden_size)`.

    The side may differ from the configured one, in multiples of the stem's stride.
    """

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
        steps = max(1, config.num_hidden_layers - 1)
        self.drop_path_rates = [
            config.drop_path_rate * depth / steps for depth in range(config.num_hidden_layers)
        ]
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, HybridViTModel):
            nn.init.trunc_normal_(module.class_token, std=0.02)
            nn.init.trunc_normal_(module.position_embeddings, std=0.02)

    def forward(self, pixel_values: torch.Tensor) -> BaseModelOutputWithPooling:
        """Returns the token states, and their mean with the class token as `pooler_output`."""
        features = self.stem(pixel_values)
        positions = self._positions(features.shape[-1])
        patches = self.patch_projection(features.flatten(2).transpose(1, 2))
        tokens = torch.cat([self.class_token.expand(patches.shape[0], -1, -1), patches], dim=1)
        states = tokens + positions
        for layer, rate in zip(self.layers.layers, self.drop_path_rates, strict=True):
            states = self._drop_path(states, layer(states), rate)
        assert self.layers.norm is not None  # it was given one above
        states = self.layers.norm(states)
        return BaseModelOutputWithPooling(
            last_hidden_state=states, pooler_output=states.mean(dim=1)
        )

    def _positions(self, grid: int) -> torch.Tensor:
        """Returns the position embeddings of a `grid` x `grid` feature map, resampled if needed."""
        positions: torch.Tensor = self.position_embeddings
        learnt = math.isqrt(positions.shape[1] - 1)
        if grid == learnt:
            return positions
        square = positions[:, 1:].transpose(1, 2).unflatten(2, (learnt, learnt))
        resampled = functional.interpolate(square, (grid, grid), mode="bicubic")
        return torch.cat([positions[:, :1], resampled.flatten(2).transpose(1, 2)], dim=1)

    def _drop_path(self, before: torch.Tensor, after: torch.Tensor, rate: float) -> torch.Tensor:
        """Stochastic depth (Huang et al., ECCV 2016): some pictures skip the layer in training."""
        if not self.training or rate == 0:
            return after
        kept = torch.rand(len(before), 1, 1) >= rate
        return before + (after - before) * kept / (1 - rate)


AutoConfig.register(HybridViTConfig.model_type, HybridViTConfig)
AutoModel.register(HybridViTConfig, HybridViTModel)
