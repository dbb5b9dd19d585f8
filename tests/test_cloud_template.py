"""The CloudFormation template: what it sets are settings, and moto makes its stack."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from wardrobe.settings import Settings

TEMPLATE = Path(__file__).parents[1] / "deploy" / "ecs" / "wardrobe.yaml"


class Loader(yaml.CSafeLoader):
    """Reads `!Ref x` as `{"Ref": x}`, and so on."""


def _call(loader: Loader, name: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", _call)


@cache
def resources() -> dict[str, Any]:
    return yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader)["Resources"]


def container() -> dict[str, Any]:
    return resources()["Task"]["Properties"]["ContainerDefinitions"][0]


def test_what_it_sets_are_settings_with_values_they_take() -> None:
    secrets = [entry["If"][1]["Name"] for entry in container()["Secrets"]]
    values = {entry["Name"]: entry["Value"] for entry in container()["Environment"]}
    assert {*secrets, *values} <= {name.upper() for name in Settings.model_fields}
    plain = {n.lower(): v for n, v in values.items() if isinstance(v, str)}
    settings = Settings(_env_file=None, **plain)
    assert settings.port == container()["PortMappings"][0]["ContainerPort"]


def test_targets_are_drained_as_long_as_the_server_takes_to_stop() -> None:
    values = {entry["Name"]: entry["Value"] for entry in container()["Environment"]}
    drain = float(values["DEADLINE_S"]) + 20  # as in gunicorn.conf.py
    targets = resources()["Targets"]["Properties"]
    attributes = {entry["Key"]: entry["Value"] for entry in targets["TargetGroupAttributes"]}
    assert float(attributes["deregistration_delay.timeout_seconds"]) == drain
    assert drain < container()["StopTimeout"] <= 120
    assert targets["HealthCheckPath"] == "/healthz"


def test_roles_name_what_they_may_touch() -> None:
    everything = set()
    for role in ("TaskRole", "ExecutionRole"):
        for policy in resources()[role]["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                actions = [actions] if isinstance(actions, str) else actions
                assert not [action for action in actions if "*" in action]
                if statement["Resource"] == "*":
                    everything |= set(actions)
    assert everything == {"ecr:GetAuthorizationToken"}, "it knows no resources"


def test_the_bucket_is_versioned_encrypted_and_closed() -> None:
    bucket = resources()["ArtefactBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    closed = bucket["PublicAccessBlockConfiguration"]
    assert (len(closed), all(closed.values())) == (4, True)
    (statement,) = resources()["ArtefactBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_cfn_lint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    result = subprocess.run(
        [linter, str(TEMPLATE)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.filterwarnings("ignore:Tried to parse")  # such as alarms, which moto leaves out
def test_moto_makes_the_stack(aws) -> None:
    cloud = aws.client("cloudformation")
    secret = aws.client("secretsmanager").create_secret(Name="keys", SecretString='{"keys": []}')
    cloud.create_stack(
        StackName="shop",
        TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": "Image", "ParameterValue": "shop/wardrobe:1"},
            {"ParameterKey": "KeysSecretArn", "ParameterValue": secret["ARN"]},
        ],
    )
    stack = cloud.describe_stacks(StackName="shop")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    bucket = outputs["Artefacts"].removeprefix("s3://").partition("/")[0]
    aws.client("s3").head_bucket(Bucket=bucket)
    arn = aws.client("ecs").list_task_definitions()["taskDefinitionArns"][0]
    definition = aws.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    made = definition["containerDefinitions"][0]
    assert made["image"] == "shop/wardrobe:1"
    assert {"name": "KEYS_JSON", "valueFrom": secret["ARN"]} in made["secrets"]
    assert outputs["Url"].startswith("http://")
