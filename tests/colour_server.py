"""A real server on the colour encoder: `gunicorn tests.colour_server:app`. It can go wrong.

In the temporary folder, a file `unbootable` keeps new workers from importing it, and `broken` from
warming up.
"""

import tempfile
import time
from pathlib import Path

from tests.fakes import ColourEncoder
from tests.tiny_index import colour_index
from wardrobe.encoders import PictureEncoding
from wardrobe.encoders.base import PixelArray
from wardrobe.serving.app import create_app

TROUBLE = Path(tempfile.gettempdir())
if (TROUBLE / "unbootable").exists():
    raise RuntimeError("unbootable on purpose")


class MoodyColourEncoder(ColourEncoder):
    """Slow with blue and with the grey of a warm-up; magenta ends the encoding thread."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        encoding = super().encode_pictures(pixels)
        assert encoding.logits is not None
        colours = {tuple((row > 1).tolist()) for row in encoding.logits[:, :3]}
        warm_up = (True, True, True) in colours
        if (False, False, True) in colours or warm_up:
            time.sleep(0.5)
        if (True, False, True) in colours:
            raise SystemExit("magenta")
        if warm_up and (TROUBLE / "broken").exists():
            raise RuntimeError("broken on purpose")
        return encoding


_folder = tempfile.TemporaryDirectory()
app = create_app(encoder=MoodyColourEncoder(), index=colour_index(Path(_folder.name)))
