"""What happens in gunicorn's processes when a worker comes and goes; gunicorn.conf.py names these.

Nothing of Prometheus or the application is imported here before a hook runs: gunicorn.conf.py
first names the folder that workers share their metrics in.
"""

import gc
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Spares the garbage collector the imported modules: 0.2 s of pause each time, 1 s at exit."""
    gc.collect()
    gc.freeze()


def worker_exit(server: Any, worker: Any) -> None:
    """Finishes what is in flight."""
    from wardrobe.serving.service import current_service

    if hasattr(worker, "wsgi"):  # not if it failed to boot
        current_service(worker.wsgi).close()


def child_exit(server: Any, worker: Any) -> None:
    """Takes a dead worker's gauges out of /metrics."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
