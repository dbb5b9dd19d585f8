"""How gunicorn serves `server:app`: one worker with threads, the model loaded after the fork."""

import gc
import os
import shutil
import tempfile
from pathlib import Path

from wardrobe.serving.logs import logging_config
from wardrobe.settings import Settings

settings = Settings()

# A fresh folder for each start, named before prometheus_client is imported: no stale figures.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="wardrobe-metrics-")

wsgi_app = "server:app"
bind = f"{settings.host}:{settings.port}"
limit_request_line = 8190  # a vector in a query string is long
worker_class = "gthread"
workers = 1  # the model uses every core; scale out with more machines
threads = settings.threads
preload_app = False  # neither threads nor the OpenMP pools of torch survive a fork
timeout = 120
graceful_timeout = int(settings.deadline_s) + 20
keepalive = 75  # longer than a load balancer's 60 s, so that it is never we who hang up
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
logconfig_dict = logging_config(settings.log_level)


def post_worker_init(worker):
    """Spares the garbage collector the imported modules: 0.2 s of pause each time, 1 s at exit."""
    gc.collect()
    gc.freeze()


def worker_exit(server, worker):
    """Finishes what is in flight."""
    from wardrobe.serving.service import current_service

    if hasattr(worker, "wsgi"):  # not if it failed to boot
        current_service(worker.wsgi).close()


def child_exit(server, worker):
    """Takes a dead worker's gauges out of /metrics."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)


def on_exit(server):
    """Removes the metrics of this run."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
