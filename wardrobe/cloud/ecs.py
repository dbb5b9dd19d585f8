"""A service on ECS: its task definition changed, and rolled out until it is healthy or undone."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wardrobe.cloud import aws
from wardrobe.cloud.artefacts import Say
from wardrobe.errors import RolloutError

POLL_S = 5.0
"""Between two looks at a rollout."""

# What `describe_task_definition` says beyond what `register_task_definition` takes.
_READ_ONLY = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
    }
)


@dataclass(frozen=True)
class Change:
    """What becomes of the task definition of a service.

    Attributes:
        before: ARN of the one that runs.
        definition: what is registered.
        lines: what changes, for people; empty if nothing does.
    """

    before: str
    definition: dict[str, Any]
    lines: tuple[str, ...]


class OvertakenError(RolloutError):
    """Somebody else has deployed another revision meanwhile, which is left alone."""

    def __init__(self, definition: str) -> None:
        super().__init__(
            f"somebody else has deployed {short(definition)} meanwhile, which is left alone"
        )


class EcsService:
    """A service in a cluster."""

    def __init__(self, cluster: str, name: str) -> None:
        self._cluster, self._name = cluster, name
        self._ecs, self._balancers = aws.client("ecs"), aws.client("elbv2")

    def plan(
        self, image: str | None, environment: Mapping[str, str], container: str | None
    ) -> Change:
        """Returns what another image and other settings change in what runs now.

        Args:
            container: whose; not needed if the task has but one.

        Raises:
            RolloutError: there is no such service or container, or what is to be changed is not
                rolled out itself, and so no way back.
        """
        service = self._describe()
        before = service["taskDefinition"]
        _, state = _rollout(service)
        if (image or environment) and state != "completed":
            raise RolloutError(
                f"nothing was changed, as the rollout of {short(before)} is not completed but "
                f"{state}: wait until it is, or go back to the last revision that was "
                f"healthy with `{self.command('FAMILY:REVISION')}`, and try again then"
            )
        with aws.plainly(f"read the task definition {before}"):
            answer = self._ecs.describe_task_definition(taskDefinition=before, include=["TAGS"])
        found = answer["taskDefinition"]
        definition = {name: value for name, value in found.items() if name not in _READ_ONLY}
        if answer.get("tags"):
            definition["tags"] = answer["tags"]
        chosen = _container(definition["containerDefinitions"], container)
        lines = []
        if image and image != chosen["image"]:
            lines.append(f"image: {chosen['image']} -> {image}")
            chosen["image"] = image
        old = {pair["name"]: pair["value"] for pair in chosen.get("environment", ())}
        for name, value in environment.items():
            if old.get(name) != value:
                lines.append(f"{name}: {old.get(name, '(unset)')} -> {value}")
        chosen["environment"] = [{"name": n, "value": v} for n, v in {**old, **environment}.items()]
        return Change(before, definition, tuple(lines))

    def command(self, definition: str) -> str:
        """Returns what a person types to make the service go over to a task definition."""
        return (
            f"aws ecs update-service --cluster {self._cluster} --service {self._name} "
            f"--task-definition {short(definition)}"
        )

    def register(self, change: Change) -> str:
        """Registers the changed task definition and returns its ARN."""
        with aws.plainly(f"register the task definition {change.definition['family']}"):
            answer = self._ecs.register_task_definition(**change.definition)
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    def use(self, definition: str, *, instead_of: str) -> None:
        """Makes the service go over from a task definition to another, unless it does already.

        Raises:
            OvertakenError: it has gone over to a third one.
        """
        now = self._describe()["taskDefinition"]
        if now == definition:
            return
        if now != instead_of:
            raise OvertakenError(now)
        with aws.plainly(f"update the service {self._name} in cluster {self._cluster}"):
            self._ecs.update_service(
                cluster=self._cluster, service=self._name, taskDefinition=definition
            )

    def wait(self, definition: str, timeout_s: float, say: Say, *, instead_of: str) -> None:
        """Waits until a task definition has been rolled out and its targets are healthy.

        Args:
            instead_of: the one that was served before.

        Raises:
            OvertakenError: a third one is rolled out.
            RolloutError: it failed, ECS went back by itself, or it takes too long.
        """
        end = time.monotonic() + timeout_s
        said, begun = "", False
        while True:
            service = self._describe()
            rollout, state = _rollout(service)
            mine = rollout["taskDefinition"] == definition
            if not mine and rollout["taskDefinition"] != instead_of:
                raise OvertakenError(rollout["taskDefinition"])
            healthy, wanted = self._healthy_targets(service), service["desiredCount"]
            line = (
                f"{state}: {rollout.get('runningCount', 0)} of {wanted} "
                f"tasks run, {rollout.get('failedTasks', 0)} failed"
                + ("" if healthy is None else f", {healthy} targets healthy")
            )
            if line != said:
                say(line)
                said = line
            if mine and state == "completed" and (healthy is None or healthy >= wanted):
                return
            if begun and not mine:  # before, ECS may not have noticed the update yet
                ended = f"ECS went back to {short(rollout['taskDefinition'])} by itself"
            elif mine and state == "failed":
                ended = f"it failed: {rollout.get('rolloutStateReason', 'ECS does not say why')}"
            elif time.monotonic() > end:
                ended = f"it was not healthy within {timeout_s:g} s"
            else:
                begun |= mine
                time.sleep(POLL_S)
                continue
            raise RolloutError(self._why(definition, ended, service))

    def _why(self, definition: str, ended: str, service: dict[str, Any]) -> str:
        """Says how a rollout ended, and all that ECS knows about it."""
        events = [event["message"] for event in service.get("events", ())[:3]]
        reasons = [*self._stopped(definition), *(f"event: {message}" for message in events)]
        return "\n  ".join([f"{short(definition)} was not rolled out: {ended}", *reasons])

    def _stopped(self, definition: str) -> list[str]:
        """Returns why tasks of a task definition ended, each reason once."""
        with aws.plainly(f"read the stopped tasks of {self._name}"):
            arns = self._ecs.list_tasks(
                cluster=self._cluster, serviceName=self._name, desiredStatus="STOPPED"
            )["taskArns"]
            if not arns:
                return []
            tasks = self._ecs.describe_tasks(cluster=self._cluster, tasks=arns[:100])["tasks"]
        reasons: dict[str, None] = {}
        for task in tasks:
            if task["taskDefinitionArn"] != definition:
                continue
            parts = [task.get("stoppedReason", "")]
            for container in task.get("containers", ()):
                code, reason = container.get("exitCode"), container.get("reason")
                said = [reason, f"exit code {code}" if code else None]
                if any(said):
                    parts.append(f"{container['name']}: {', '.join(filter(None, said))}")
            reasons[f"a task stopped: {'; '.join(filter(None, parts))}"] = None
        return list(reasons)

    def _healthy_targets(self, service: dict[str, Any]) -> int | None:
        """Returns how many targets are healthy; None without a load balancer."""
        groups = [b["targetGroupArn"] for b in service["loadBalancers"] if "targetGroupArn" in b]
        counts = []
        for group in groups:
            with aws.plainly(f"read the health of the targets of {group}"):
                found = self._balancers.describe_target_health(TargetGroupArn=group)
            states = [t["TargetHealth"]["State"] for t in found["TargetHealthDescriptions"]]
            counts.append(states.count("healthy"))
        return min(counts) if counts else None

    def _describe(self) -> dict[str, Any]:
        with aws.plainly(f"read the service {self._name} in cluster {self._cluster}"):
            found = self._ecs.describe_services(cluster=self._cluster, services=[self._name])
        services = [s for s in found["services"] if s["status"] == "ACTIVE"]
        if not services:
            raise RolloutError(
                f"there is no service {self._name!r} in cluster {self._cluster!r}; the outputs of "
                "the CloudFormation stack name both"
            )
        service: dict[str, Any] = services[0]
        return service


def short(arn: str) -> str:
    """Returns the end of an ARN, `family:revision`."""
    return arn.rpartition("/")[2]


def _rollout(service: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Returns the rollout that a service was last asked for, and its state in lower case."""
    rollout = next(d for d in service["deployments"] if d["status"] == "PRIMARY")
    return rollout, rollout.get("rolloutState", "IN_PROGRESS").lower().replace("_", " ")


def _container(containers: list[dict[str, Any]], name: str | None) -> dict[str, Any]:
    names = [container["name"] for container in containers]
    if name is None and len(containers) == 1:
        return containers[0]
    for container in containers:
        if container["name"] == name:
            return container
    raise RolloutError(f"the task has the containers {', '.join(names)}; name one with --container")
