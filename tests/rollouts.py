"""A service on moto's ECS, and rollouts of it: moto by itself only notes what it shall run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from unittest.mock import patch

from moto.ecs.models import EC2ContainerServiceBackend as Ecs
from moto.ecs.models import Service, Task, TaskDefinition

Outcome = Literal["COMPLETED", "IN_PROGRESS", "FAILED", "ROLLED_BACK"]
"""What becomes of a rollout; `ROLLED_BACK`: ECS goes back by itself, after the first look."""

LOOKS_BEFORE_ROLLBACK = 1

DEPLOY = ("deploy", "--cluster", "shop", "--service", "wardrobe")
"""The command that deploys to the service of `create_service`."""


def create_service(client: Any) -> None:
    """Creates a service of two tasks, which run `shop/wardrobe:1`."""
    client.create_cluster(clusterName="shop")
    register(client, "shop/wardrobe:1")
    client.create_service(
        cluster="shop", serviceName="wardrobe", taskDefinition="wardrobe:1", desiredCount=2
    )


def register(client: Any, *images: str) -> str:
    """Registers a task of a container for each image, and returns its ARN."""
    containers = [
        {
            "name": image.partition(":")[0].rpartition("/")[2],
            "image": image,
            "memory": 512,
            "environment": [{"name": "MAX_QUEUE", "value": "64"}],
        }
        for image in images
    ]
    arn: str = client.register_task_definition(
        family="wardrobe",
        containerDefinitions=containers,
        cpu="1024",
        memory="2048",
        tags=[{"key": "team", "value": "search"}],
    )["taskDefinition"]["taskDefinitionArn"]
    return arn


def service_of(client: Any) -> dict[str, Any]:
    """Returns what ECS says of the service."""
    found: dict[str, Any] = client.describe_services(cluster="shop", services=["wardrobe"])
    return dict(found["services"][0])


def running(client: Any) -> tuple[str, dict[str, str]]:
    """Returns image and settings of what the service runs."""
    found = client.describe_task_definition(
        taskDefinition=service_of(client)["taskDefinition"], include=["TAGS"]
    )
    container = found["taskDefinition"]["containerDefinitions"][0]
    assert found["tags"] == [{"key": "team", "value": "search"}]
    return container["image"], {p["name"]: p["value"] for p in container["environment"]}


def revisions(client: Any) -> int:
    """Returns how many task definitions were registered."""
    return len(client.list_task_definitions()["taskDefinitionArns"])


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
