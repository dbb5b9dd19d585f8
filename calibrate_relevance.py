"""Learn what a checkpoint's cosines mean, and which queries are not about clothing at all.

    python calibrate_relevance.py --encoder models/wardrobe-base --data multi_label_dataset/demo

Takes as long as encoding the training and validation pictures. Writes relevance.json and
relevance.safetensors into the checkpoint; prints how far off the relevance is on pictures it was
not fitted on. Start the server again to serve it.
"""

import sys

from wardrobe.calibrating import main

if __name__ == "__main__":
    sys.exit(main())
