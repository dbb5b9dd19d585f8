"""The CloudFormation template, read as it is: `!Ref x` as `{"Ref": x}`, and so on."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tests.aws_server import AwsServer

PATH = Path(__file__).parents[1] / "deploy" / "ecs" / "wardrobe.yaml"
TEXT = PATH.read_text(encoding="utf-8")


class _Loader(yaml.CSafeLoader):
    pass


def _call(loader: _Loader, name: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _call)
_CONTENT = yaml.load(TEXT, _Loader)

PARAMETERS: dict[str, dict[str, Any]] = _CONTENT["Parameters"]
RESOURCES: dict[str, dict[str, Any]] = {
    name: resource.get("Properties", {}) for name, resource in _CONTENT["Resources"].items()
}
"""The properties of each."""
METADATA: dict[str, Any] = {
    name: resource.get("Metadata", {}) for name, resource in _CONTENT["Resources"].items()
}

(CONTAINER,) = RESOURCES["Task"]["ContainerDefinitions"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Returns the properties of all resources of a type, such as `CloudWatch::Alarm`."""
    found = {n for n, r in _CONTENT["Resources"].items() if r["Type"] == f"AWS::{kind}"}
    return {name: RESOURCES[name] for name in found}


def refs(value: Any) -> set[str]:
    """Returns what is referred to by `Ref` anywhere in a value."""
    if isinstance(value, dict):
        inner = value.values()
        return set().union({value["Ref"]} if "Ref" in value else (), *map(refs, inner))
    return set().union(*map(refs, value)) if isinstance(value, list) else set()


def conditions(*kinds: str) -> set[str | None]:
    """Returns what resources of these types depend on."""
    return {
        resource.get("Condition")
        for resource in _CONTENT["Resources"].values()
        if resource["Type"] in {f"AWS::{kind}" for kind in kinds}
    }


def create_stack(aws: "AwsServer", name: str, **parameters: str) -> dict[str, str]:
    """Makes the stack on moto, and returns its outputs."""
    cloud = aws.client("cloudformation")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse")  # such as alarms, which moto leaves out
        cloud.create_stack(
            StackName=name,
            TemplateBody=TEXT,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": n, "ParameterValue": v} for n, v in parameters.items()],
        )
    (stack,) = cloud.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
