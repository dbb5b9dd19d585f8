"""Clients of AWS, and its errors said plainly: what, where, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    TokenRetrievalError,
)
from botocore.session import Session  # type: ignore[import-untyped]

from wardrobe.errors import CloudError

ATTEMPTS = 6
"""How often a call is made at most, with growing pauses, before its error counts."""

_CONFIG = Config(
    retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
    connect_timeout=10,
    read_timeout=30,
    max_pool_connections=16,
    response_checksum_validation="when_required",  # whole files are compared with the manifest
)

# Name in a profile, variables, default, conversion; boto3 by itself reads only the second variable.
_REGION = ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None)

_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
    "503",
}
_REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def client(service: str) -> Any:
    """Returns a client; region, credentials and endpoint are those of AWS's own variables.

    Raises:
        CloudError: there is no region.
    """
    with plainly(f"connect to {service}"):
        session = boto3.Session(botocore_session=Session(session_vars={"region": _REGION}))
        return session.client(service, config=_CONFIG)


@contextmanager
def plainly(doing: str) -> Iterator[None]:
    """Turns errors of AWS into `CloudError`.

    Args:
        doing: what is tried and where, after "cannot".
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        message = error.response.get("Error", {}).get("Message", "")
        raise CloudError(
            f"cannot {doing}: {_advice(code, error.operation_name) or f'{code}: {message}'}",
            aws_code=code,
        ) from error
    except (NoCredentialsError, CredentialRetrievalError, TokenRetrievalError) as error:
        raise CloudError(
            f"cannot {doing}: there are no AWS credentials; log in (`aws sso login`), or give the "
            "task a role"
        ) from error
    except NoRegionError as error:
        raise CloudError(f"cannot {doing}: set AWS_REGION, such as eu-central-1") from error
    except (ConnectionError, HTTPClientError) as error:
        raise CloudError(
            f"cannot {doing}: {error}; look at the network, the region (AWS_REGION) and, in a "
            "private subnet, the NAT gateway or VPC endpoint"
        ) from error
    except BotoCoreError as error:  # such as an answer that cannot be read
        raise CloudError(f"cannot {doing}: {error}") from error


def code_of(error: ClientError) -> str:
    """Returns AWS's code of an error; of one without a body, its HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _advice(code: str, operation: str) -> str:
    if code in _THROTTLED:
        return (
            f"AWS throttles {operation} ({code}), after {ATTEMPTS} attempts with growing pauses; "
            "try again in a minute, with fewer tasks at once"
        )
    if code in _REFUSED:
        return (
            f"AWS refuses {operation} ({code}); allow it to this role or user as "
            "docs/deployment.md says under Permissions. S3 says the same of what does not exist "
            "to who may not s3:ListBucket"
        )
    if code in _EXPIRED:
        return f"the AWS credentials have expired ({code}); log in again (`aws sso login`)"
    if code in _UNKNOWN:
        return (
            f"AWS does not know these credentials ({code}); look at AWS_PROFILE, "
            "AWS_ACCESS_KEY_ID and the clock of this machine"
        )
    if code == "NoSuchBucket":
        return "there is no such bucket; look at ARTEFACTS and AWS_REGION, or create the stack"
    return ""
