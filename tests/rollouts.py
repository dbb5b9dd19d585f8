"""Rollouts on moto's ECS, which by itself only notes what a service shall run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from unittest.mock import patch

from moto.ecs.models import EC2ContainerServiceBackend as Ecs
from moto.ecs.models import Service, Task, TaskDefinition

Outcome = Literal["COMPLETED", "IN_PROGRESS", "FAILED", "ROLLED_BACK"]
"""What becomes of a rollout; `ROLLED_BACK`: ECS goes back by itself, after the first look."""

LOOKS_BEFORE_ROLLBACK = 1


@contextmanager
def rollouts() -> Iterator[dict[str, Outcome]]:
    """Makes moto roll out, and yields what becomes of which image; others are `COMPLETED`.

    Where it fails, a task ended with exit code 1, as ECS tells it.
    """
    outcomes: dict[str, Outcome] = {}
    looks: dict[str, int] = {}
    update, describe = Ecs.update_service, Ecs.describe_services

    def update_service(self: Ecs, properties: dict[str, Any]) -> Service:
        before = self._get_service(properties["cluster"], properties["service"]).task_definition
        service = update(self, properties)
        definition = self.describe_task_definition(service.task_definition)
        outcome = outcomes.get(definition.container_definitions[0]["image"], "COMPLETED")
        looks.pop(service.arn, None)
        if outcome in ("FAILED", "ROLLED_BACK"):
            _end_a_task(self, service, definition)
        if outcome == "ROLLED_BACK":
            looks[service.arn] = LOOKS_BEFORE_ROLLBACK
            service.back_to = before
            outcome = "IN_PROGRESS"
        _show(service, definition.arn, outcome)
        return service

    def describe_services(self: Ecs, cluster: str, names: list[str]) -> Any:
        found = describe(self, cluster, names)
        for service in found[0]:
            if service.arn not in looks:
                continue
            if looks[service.arn] <= 0:
                state = "COMPLETED" if looks[service.arn] else "IN_PROGRESS"
                _show(service, service.back_to, state)
            looks[service.arn] -= 1
        return found

    with (
        patch.object(Ecs, "update_service", update_service),
        patch.object(Ecs, "describe_services", describe_services),
    ):
        yield outcomes


def _show(service: Service, definition: str, state: str) -> None:
    service.task_definition = definition
    service.deployments[0] |= {
        "taskDefinition": definition,
        "rolloutState": state,
        "rolloutStateReason": f"ECS deployment circuit breaker: {state.lower()}",
    }


def _end_a_task(ecs: Ecs, service: Service, definition: TaskDefinition) -> None:
    cluster = ecs._get_cluster(service.cluster_name)
    task = Task(
        cluster=cluster,
        task_definition=definition,
        container_instance_arn=None,
        resource_requirements=None,
        backend=ecs,
        group=f"service:{service.name}",
        networking_configuration=service.network_configuration or None,
    )
    ecs.tasks.setdefault(cluster.name, {})[task.task_arn] = task
    task.containers[0].exitCode = 1
    ecs.stop_task(service.cluster_name, task.task_arn, "Essential container in task exited")
    message = f"(service {service.name}) deployment failed: tasks failed to start."
    service.events.insert(0, {"id": task.id, "message": message})
