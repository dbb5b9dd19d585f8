"""LoRA: small matrices beside a backbone's own, trained in their place and then added to them.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (ICLR 2022).
"""

from typing import Any

from torch import nn

from wardrobe.encoders.hybrid_vit import HybridViTModel
from wardrobe.errors import CheckpointError


def add_lora(backbone: Any, rank: int) -> Any:
    """Returns the backbone with every linear layer adapted and all else frozen.

    Raises:
        CheckpointError: the library is not installed, or this is a hybrid ViT.
    """
    if isinstance(backbone, HybridViTModel):
        raise CheckpointError(
            "a hybrid ViT is small and cannot be adapted; leave --lora-rank to train all of it"
        )
    try:
        from peft import LoraConfig, get_peft_model  # optional: only with --lora-rank
    except ImportError as error:
        raise CheckpointError("--lora-rank needs a library: pip install peft==0.21.2") from error
    # nn.MultiheadAttention's output layer is of a subclass, and is not called: left out.
    layers = [name for name, module in backbone.named_modules() if type(module) is nn.Linear]
    return get_peft_model(backbone, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=layers))


def merge_lora(adapted: Any) -> Any:
    """Returns the ordinary backbone with the adaptation added to its weights."""
    return adapted.merge_and_unload()
