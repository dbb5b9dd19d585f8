"""Trains the hybrid ViT (or any ViT of the hub) to tag pictures and to meet their captions.

    python train_vit_multilabel_pro.py --data multi_label_dataset/fashion-product-images \
        multi_label_dataset/clothing-dataset multi_label_dataset/drawn --run runs/base

About 50 minutes on 2 cores (13,361 pictures, 9 epochs of 160 px); expect a macro mAP of 0.82 over
the Fashion Product Images tags with at least 5 validation pictures (eval_vit_multilabel.py). That
was measured before the text projection and --similarity-weight came in.

Several roots are trained as one; what a root does not ask is unknown. An interrupted run goes on
when the command is repeated. --smoke checks the whole path on a drawn catalogue within a minute.
"""

import sys

from wardrobe.training.command import run
from wardrobe.training.recipe import Recipe

if __name__ == "__main__":
    sys.exit(run(Recipe(), __doc__))
