"""moto's AWS behind real HTTP, which remembers what it is asked and can be made to fail."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "shop-artefacts"
ADDRESS = f"s3://{BUCKET}/prod"

Fault = Callable[[dict[str, Any]], tuple[str, str] | int | None]
"""Request → status and AWS's code to answer with, a number of bytes to cut the body to, or None."""


def of_file(method: str, ending: str, fault: tuple[str, str] | int) -> Fault:
    """Returns a fault of every request for a file whose name ends so."""
    return lambda request: (
        fault
        if request["REQUEST_METHOD"] == method and request["PATH_INFO"].endswith(ending)
        else None
    )


def of_call(name: str, code: str) -> Fault:
    """Returns a refusal of a call of ECS and its like."""
    return lambda request: ("400 Bad Request", code) if is_call(request, name) else None


def is_call(request: dict[str, Any], name: str) -> bool:
    """Says whether a request is this call of ECS and its like."""
    return str(request.get("HTTP_X_AMZ_TARGET", "")).endswith(f".{name}")


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """`AwsServer.asked` has the requests."""


class AwsServer:
    """A server for all of AWS.

    Attributes:
        asked: method, path and Range of every request.
        fault: what goes wrong; None is nothing.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.fault: Fault | None = None
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }

    @cache  # noqa: B019 - one server a session
    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-central-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def gets(self, part: str) -> list[str]:
        """Returns the Range of every GET of a path that ends so."""
        return [ran for method, path, ran in self.asked if method == "GET" and path.endswith(part)]

    def reset(self) -> None:
        self.fault = None
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST"))
        self.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        self.asked.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked.append(
            (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_RANGE", ""))
        )
        fault = self.fault(environ) if self.fault else None
        if isinstance(fault, tuple):
            return _refusal(environ, *fault, start_response)
        body = self._moto(environ, start_response)
        if fault is None:
            return body
        return [b"".join(body)[:fault]]  # Content-Length still promises all of it


def _refusal(
    environ: dict[str, Any], status: str, code: str, start_response: Any
) -> Iterable[bytes]:
    """Answers as AWS does: S3 with XML, and nothing to a HEAD; ECS and its like with JSON."""
    kind, text = "application/xml", f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    if "HTTP_X_AMZ_TARGET" in environ:
        kind, text = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": "no"})
    start_response(status, [("Content-Type", kind)])
    return [text.encode()] if environ["REQUEST_METHOD"] != "HEAD" else []
