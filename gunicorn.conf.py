"""How gunicorn serves `server:app`: one worker with threads, the model loaded after the fork."""

import os
import shutil
import tempfile
from pathlib import Path

from wardrobe.serving.hooks import child_exit, post_worker_init, worker_exit  # noqa: F401
from wardrobe.serving.logs import logging_config
from wardrobe.settings import Settings

settings = Settings()
metrics_folder = tempfile.mkdtemp(prefix="wardrobe-metrics-")  # of this run alone: nothing stale
os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_folder
# OpenMP's threads wait for one another by spinning; beside any other load they starve one another,
# and forwards take ten times as long. A short spin costs a millisecond and is spared that.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

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


def on_exit(server):
    """Removes the metrics of this run."""
    shutil.rmtree(metrics_folder, ignore_errors=True)
