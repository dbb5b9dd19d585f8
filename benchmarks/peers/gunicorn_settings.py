"""gunicorn for the plain Flask peer: the worker, threads and keep-alive that Wardrobe has."""

from wardrobe.settings import Settings

settings = Settings()
bind = f"{settings.host}:{settings.port}"
worker_class = "gthread"
workers = 1
threads = settings.threads
timeout = 120
keepalive = 75
loglevel = "error"
