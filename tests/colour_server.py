"""A real server on the colour encoder: `gunicorn tests.colour_server:app`. Encoding is slow."""

import tempfile
import time
from pathlib import Path

from tests.fakes import ColourEncoder
from tests.tiny_index import colour_index
from wardrobe.encoders import PictureEncoding
from wardrobe.encoders.base import PixelArray
from wardrobe.serving.app import create_app


class SlowColourEncoder(ColourEncoder):
    """Takes half a second a batch, long enough to stop the server in the middle of one."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        time.sleep(0.5)
        return super().encode_pictures(pixels)


_folder = tempfile.TemporaryDirectory()
app = create_app(encoder=SlowColourEncoder(), index=colour_index(Path(_folder.name)))
