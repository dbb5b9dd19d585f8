"""Trains several dataset roots with different attributes as one: what a root does not ask is masked.

    python train_vit_multilabel_splitroots.py --run runs/shipped --root-weights 1 1 0.35 \
        --data multi_label_dataset/fashion-product-images multi_label_dataset/clothing-dataset \
        multi_label_dataset/drawn-seen

An interrupted run goes on when the command is repeated. --smoke checks the whole path on a drawn
catalogue within a minute.
"""

import sys

from wardrobe.training.command import run
from wardrobe.training.recipe import MIXUPFIX

if __name__ == "__main__":
    sys.exit(run(MIXUPFIX, __doc__))
