"""What happens in gunicorn's processes when a worker comes and goes; gunicorn.conf.py names these.

A worker that is to be replaced, because it has answered enough requests or the server reloads,
is marked as retiring and serves on. The next worker to be forked becomes its successor, takes no
connection before it is ready, and then ends its predecessor. Meanwhile gunicorn counts one worker
more for each such pair.

Nothing of Prometheus or the application is imported here before a hook runs: gunicorn.conf.py
first names the folder that workers share their metrics in.
"""

import contextlib
import gc
import itertools
import mmap
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from functools import cache
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from wardrobe.errors import SettingError
from wardrobe.serving.exposure import check_exposure
from wardrobe.settings import Settings, read_settings


def settings_or_exit() -> Settings:
    """Returns the settings; gunicorn would show a traceback of one that breaks a rule."""
    try:
        return read_settings()
    except SettingError as error:
        sys.exit(str(error))


class Worker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker that stops listening as soon as it stops, and never waits for one client.

    gunicorn's own listens on while it finishes, takes no connection, and in the end resets those
    that came. And its one thread that accepts waits up to 2 s for a client to close.
    """

    crashed = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # gunicorn allows all but `threads`, and as many as are being answered can overshoot that:
        # with no place left it would accept nobody until the idle ones hang up.
        self.max_keepalived = self.worker_connections // 2

    def handle(self, conn: Any) -> Any:
        """Answers a request, and waits for the client to close in the same thread."""
        keep = super().handle(conn)
        if keep is False:
            with contextlib.suppress(OSError):  # it may be closed already
                util.close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RD)  # so that nobody waits again
        return keep

    def set_accept_enabled(self, enabled: bool) -> None:
        """Closes the listeners for good when stopping, after what connected before."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            if not self.crashed:  # then another worker answers what waits
                self._accept_all(listener)
            listener.close()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answers in one packet: gunicorn sends head and body apart, and wakes the client twice."""
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        try:
            return super().handle_request(req, conn)
        finally:
            with contextlib.suppress(OSError):  # it may be closed already
                conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def _accept_all(self, listener: Any) -> None:
        taken = -1
        while taken != self.nr_conns:
            taken = self.nr_conns
            self.accept(listener)

    def crash(self) -> None:
        """Ends the worker gracefully; gunicorn starts another one."""
        self.crashed = True
        self.handle_exit(signal.SIGTERM, None)


@cache
def metrics_folder() -> str:
    """Makes the folder of this run's metrics: nothing stale is in it, and a reload keeps it."""
    return tempfile.mkdtemp(prefix="wardrobe-metrics-")


def on_starting(server: Any) -> None:
    """Refuses to be open to everybody by accident; warns of workers that fight for the cores."""
    _check_exposure(server)
    if server.cfg.workers > 1 and Settings().compute_threads == 0:
        server.log.warning(
            "each of %d workers encodes on every core; set COMPUTE_THREADS to their share",
            server.cfg.workers,
        )


def on_exit(server: Any) -> None:
    """Removes the metrics of this run."""
    shutil.rmtree(metrics_folder(), ignore_errors=True)


def on_reload(server: Any) -> None:
    """Keeps the workers of before until their successors are ready."""
    _check_exposure(server)
    retiring = _without_successor(server)
    for worker in retiring:
        worker.retiring[0] = True
    server.num_workers = len(server.WORKERS) + max(server.cfg.workers, len(retiring))


def pre_fork(server: Any, worker: Any) -> None:
    """Makes a new worker the successor of one that retires."""
    worker.retiring = mmap.mmap(-1, 1)  # the worker and gunicorn's master share this byte
    retiring = [old for old in _without_successor(server) if old.retiring[0]]
    worker.predecessor = retiring[0] if retiring else None
    # gunicorn shuts down when a worker fails before it has booted; not while another serves.
    worker.booted = worker.predecessor is not None


def post_worker_init(worker: Any) -> None:
    """Prepares a worker to serve; a replacement takes no connection before it is ready."""
    from wardrobe.serving.service import current_service

    # Spares the collector the imported modules: 0.2 s of pause each time, 1 s at exit.
    gc.collect()
    gc.freeze()
    service = current_service(worker.wsgi)
    limit = service.settings.recycle_requests
    worker.recycle_every = limit + random.randint(0, limit // 10)  # not all workers at once
    worker.answered = itertools.count(1)
    service.current.on_death(worker.crash)
    if worker.age <= worker.cfg.workers:
        return
    while worker.alive and not service.startup.finished:
        worker.notify()
        time.sleep(0.05)
    if worker.predecessor and worker.alive:
        if service.startup.failed:
            worker.log.error("a new worker could not start; %d goes on", worker.predecessor.pid)
            raise SystemExit(1)
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.predecessor.pid, signal.SIGTERM)


def post_request(worker: Any, request: Any) -> None:
    """Asks for a successor after RECYCLE_REQUESTS requests."""
    if not worker.recycle_every or next(worker.answered) % worker.recycle_every:
        return
    if worker.alive and not worker.retiring[0]:
        worker.log.info("%d requests answered, asking for a new worker", worker.recycle_every)
        worker.retiring[0] = True
        os.kill(worker.ppid, signal.SIGTTIN)


def worker_exit(server: Any, worker: Any) -> None:
    """Finishes what is in flight."""
    from wardrobe.serving.service import current_service

    if hasattr(worker, "wsgi"):  # not if it failed to boot
        current_service(worker.wsgi).close()


def child_exit(server: Any, worker: Any) -> None:
    """Takes a dead worker's gauges out of /metrics, and ends the pair it was in."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
    pairs = 0
    for other in server.WORKERS.values():
        if other.predecessor is worker:
            other.predecessor = None
            pairs += 1
        if worker.predecessor is other:  # the successor failed
            other.retiring[0] = False
            pairs += 1
    server.num_workers = max(1, server.num_workers - pairs)


def _check_exposure(server: Any) -> None:
    try:
        check_exposure(server.cfg.address, Settings())
    except SettingError as error:
        server.log.error("%s", error)
        on_exit(server)
        raise SystemExit(1) from error


def _without_successor(server: Any) -> list[Any]:
    succeeded = {worker.predecessor for worker in server.WORKERS.values()}
    return [worker for worker in server.WORKERS.values() if worker not in succeeded]
