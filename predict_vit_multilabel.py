"""Tag pictures: one JSON line (or CSV row) a picture, in input order, and their vectors.

    python predict_vit_multilabel.py photos/ --out preds.jsonl --embeddings vectors.npy

Takes as long as decoding and encoding the pictures; a bar shows how far it is.
"""

import sys

from wardrobe.prediction import main

if __name__ == "__main__":
    sys.exit(main())
