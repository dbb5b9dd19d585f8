"""How gunicorn serves `server:app`: one worker with threads, the model loaded after the fork."""

import os
from pathlib import Path

from wardrobe.serving.hooks import (  # noqa: F401
    child_exit,
    metrics_folder,
    on_exit,
    on_reload,
    on_starting,
    post_request,
    post_worker_init,
    pre_fork,
    settings_or_exit,
    worker_exit,
)
from wardrobe.serving.logs import logging_config

settings = settings_or_exit()
os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_folder()
# OpenMP's threads wait for one another by spinning; beside any other load they starve one another,
# and forwards take ten times as long. A short spin costs a millisecond and is spared that.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

wsgi_app = "server:app"
bind = f"{settings.host}:{settings.port}"
limit_request_line = 8190  # a vector in a query string is long
worker_class = "wardrobe.serving.hooks.Worker"
workers = 1  # the model uses every core; scale out with more machines
threads = settings.threads
preload_app = False  # neither threads nor the OpenMP pools of torch survive a fork
timeout = 120
graceful_timeout = int(settings.deadline_s) + 20
keepalive = 75  # longer than a load balancer's 60 s, so that it is never we who hang up
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
logconfig_dict = logging_config(settings.log_level)
