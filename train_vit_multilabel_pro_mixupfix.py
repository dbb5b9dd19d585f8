"""Trains like train_vit_multilabel_pro.py, with mixup, cutmix and more regularisation.

    python train_vit_multilabel_pro_mixupfix.py --data multi_label_dataset/fashion-product-images \
        --run runs/mixupfix

An interrupted run goes on when the command is repeated. --smoke checks the whole path on a drawn
catalogue within a minute.
"""

import sys

from wardrobe.training.command import run
from wardrobe.training.recipe import MIXUPFIX

if __name__ == "__main__":
    sys.exit(run(MIXUPFIX, __doc__))
