"""`python -m wardrobe` is the command `wardrobe`."""

import sys

from wardrobe.cli import main

if __name__ == "__main__":
    sys.exit(main())
