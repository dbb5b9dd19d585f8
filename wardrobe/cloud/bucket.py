"""A place in S3: small objects read and written whole, files sent and streamed."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    HTTPClientError,
)

from wardrobe.cloud import aws
from wardrobe.errors import ArtefactError, SettingError

_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>/[^?#]*)?")
_CHUNK = 2**20
_MISSING = {"NoSuchKey", "404"}
_PRECONDITION = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


class CutShortError(Exception):
    """A body that ended before its end; what came of it is good."""


class Bucket:
    """What is below `s3://bucket/prefix`; keys are relative to that."""

    def __init__(self, address: str) -> None:
        """Takes an address.

        Raises:
            SettingError: it is no address in S3.
            CloudError: there is no region.
        """
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise SettingError(f"ARTEFACTS is {address!r}, but must be s3://bucket/prefix")
        self._bucket = match["bucket"]
        prefix = (match["prefix"] or "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = aws.client("s3")

    def address(self, key: str = "") -> str:
        """Returns the whole address of a key, for people."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def read(self, key: str, *, unless: str | None = None) -> tuple[bytes, str] | None:
        """Returns a small object and its ETag; None if there is none, or it still is `unless`."""
        condition = {"IfNoneMatch": unless} if unless else {}
        with aws.plainly(f"read {self.address(key)}"):
            try:
                answer = self._client.get_object(**self._key(key), **condition)
                return answer["Body"].read(), answer["ETag"]
            except ClientError as error:
                if aws.code_of(error) in _MISSING | {"304"}:
                    return None
                raise

    def write(self, key: str, data: bytes, *, was: str | None = None) -> str:
        """Writes a small object, if it still has the ETag it had, or is still missing.

        Raises:
            ArtefactError: somebody else was faster.
        """
        condition = {"IfMatch": was} if was else {"IfNoneMatch": "*"}
        with aws.plainly(f"write {self.address(key)}"):
            try:
                answer = self._client.put_object(
                    **self._key(key), Body=data, ChecksumAlgorithm="SHA256", **condition
                )
            except ClientError as error:
                if aws.code_of(error) in _PRECONDITION:
                    raise ArtefactError(
                        f"{self.address(key)} was written by somebody else meanwhile; look at what "
                        "they did with `wardrobe artefacts list`, then try again"
                    ) from error
                raise
        return str(answer["ETag"])

    def has(self, key: str, size: int, sha256: str) -> bool:
        """Says whether a file was sent before; S3 compared its checksum as it came."""
        with aws.plainly(f"look at {self.address(key)}"):
            try:
                found = self._client.head_object(**self._key(key))
            except ClientError as error:
                if aws.code_of(error) in _MISSING:
                    return False
                raise
        return (found["ContentLength"], found["Metadata"].get("sha256")) == (size, sha256)

    def send(self, path: Path, key: str, sha256: str, progress: Callable[[int], None]) -> None:
        """Sends a file, in parts if it is large; S3 compares checksums."""
        from boto3.exceptions import S3UploadFailedError  # type: ignore[import-untyped]

        with aws.plainly(f"send {path} to {self.address(key)}"):
            try:
                self._client.upload_file(
                    str(path),
                    self._bucket,
                    self._prefix + key,
                    ExtraArgs={"ChecksumAlgorithm": "SHA256", "Metadata": {"sha256": sha256}},
                    Callback=progress,
                )
            except S3UploadFailedError as error:  # it hides the error that says why
                raise (error.__context__ or error) from error

    def stream(self, key: str, start: int, etag: str | None) -> tuple[str, Iterator[bytes]]:
        """Returns the ETag of an object and what it has from `start` on.

        Args:
            etag: what it must still be.

        Raises:
            ArtefactError: there is none, or it is another by now.
            CutShortError: from the iterator: the rest did not come.
        """
        condition = {"IfMatch": etag} if etag else {}
        if start:
            condition["Range"] = f"bytes={start}-"
        with aws.plainly(f"read {self.address(key)}"):
            try:
                answer = self._client.get_object(**self._key(key), **condition)
            except ClientError as error:
                if aws.code_of(error) in _MISSING | _PRECONDITION | {"InvalidRange", "416"}:
                    raise ArtefactError(
                        f"{self.address(key)} is gone or not what its manifest says; push it again "
                        "with `wardrobe artefacts push`, and fetch again"
                    ) from error
                raise
        return answer["ETag"], _chunks(answer["Body"])

    def folders(self, prefix: str) -> Iterator[str]:
        """Yields the names of the folders in a folder."""
        with aws.plainly(f"list {self.address(prefix)}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix, Delimiter="/"
            )
            for page in pages:
                for found in page.get("CommonPrefixes", ()):
                    yield found["Prefix"].rstrip("/").rpartition("/")[2]

    def _key(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}


def _chunks(body: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from body.iter_chunks(_CHUNK)  # type: ignore[attr-defined]
    except (BotoCoreError, HTTPClientError, OSError) as error:
        raise CutShortError(str(error).rstrip(".")) from error
