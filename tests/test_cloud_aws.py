"""Clients of AWS: their region, and errors said plainly, with what to do."""

import pytest
from botocore.exceptions import ParamValidationError

from tests.aws_server import ADDRESS
from wardrobe.cloud.artefacts import Artefacts
from wardrobe.cloud.aws import client, plainly
from wardrobe.errors import CloudError


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (
            "503 Slow Down",
            "SlowDown",
            "AWS throttles GetObject (SlowDown), after 6 attempts with growing pauses; try again "
            "in a minute, with fewer tasks at once",
        ),
        (
            "403 Forbidden",
            "AccessDenied",
            "AWS refuses GetObject (AccessDenied); allow it to this role or user as "
            "docs/deployment.md says under Permissions. S3 says the same of what does not exist to "
            "who may not s3:ListBucket",
        ),
        (
            "400 Bad Request",
            "ExpiredToken",
            "the AWS credentials have expired (ExpiredToken); log in again (`aws sso login`)",
        ),
        (
            "403 Forbidden",
            "InvalidAccessKeyId",
            "AWS does not know these credentials (InvalidAccessKeyId); look at AWS_PROFILE, "
            "AWS_ACCESS_KEY_ID and the clock of this machine",
        ),
        (
            "404 Not Found",
            "NoSuchBucket",
            "there is no such bucket; look at ARTEFACTS and AWS_REGION, or create the stack",
        ),
        ("400 Bad Request", "Unheard", "Unheard: no"),
    ],
)
def test_what_aws_refuses_is_said_with_what_to_do(aws, status, code, said) -> None:
    aws.fault = lambda _: (status, code)
    with pytest.raises(CloudError) as error:
        Artefacts(ADDRESS).announcement()
    assert error.value.message == f"cannot read {ADDRESS}/current.json: {said}"
    assert len(aws.asked) == (2 if code == "SlowDown" else 1), "only throttling is tried again"


def test_throttling_that_passes_is_not_noticed(aws) -> None:
    faults = iter([("503 Slow Down", "SlowDown")])
    aws.fault = lambda _: next(faults, None)
    assert Artefacts(ADDRESS).announcement() is None
    assert len(aws.asked) == 2


def test_no_answer_names_the_network(aws, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(CloudError, match=r"cannot read s3://.*look at the network"):
        Artefacts(ADDRESS).announcement()


@pytest.mark.parametrize("default", [None, "us-east-1"])
def test_the_region_is_that_of_aws_region(aws, monkeypatch, default) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    if default:
        monkeypatch.setenv("AWS_DEFAULT_REGION", default)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert client("ecs").meta.region_name == "eu-west-3"


def test_without_a_region_it_says_which_variable(aws, monkeypatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(CloudError, match="cannot connect to ecs: set AWS_REGION, such as"):
        client("ecs")


def test_what_is_not_of_the_network_does_not_name_it() -> None:
    with pytest.raises(CloudError) as error, plainly("register the task"):
        raise ParamValidationError(report="secrets[1] is None")
    assert error.value.message == (
        "cannot register the task: Parameter validation failed:\nsecrets[1] is None"
    )
