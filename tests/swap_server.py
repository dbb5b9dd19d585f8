"""A real server on the colour encoder and the folder INDEX: `gunicorn tests.swap_server:app`."""

from tests.fakes import ColourEncoder
from wardrobe.serving.app import create_app

app = create_app(encoder=ColourEncoder())
