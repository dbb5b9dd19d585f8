"""The application that gunicorn serves: `gunicorn` in this folder reads gunicorn.conf.py."""

from wardrobe.serving.app import create_app

app = create_app()
