"""Evaluate a checkpoint on a dataset: tags, retrieval, text queries, latency; with a report.

    python eval_vit_multilabel.py --data multi_label_dataset/demo --text-queries --out reports/demo
    python eval_vit_multilabel.py --data multi_label_dataset/fashion-product-images --protocol kagl

Takes as long as encoding the pictures (and, for kagl, every name), and then up to a minute for the
intervals.
"""

import sys

from wardrobe.evaluation.script import main

if __name__ == "__main__":
    sys.exit(main())
