"""`wardrobe deploy` against moto's ECS: rolled out, rolled back, or only planned."""

import pytest

from tests.aws_server import ADDRESS
from tests.fakes import ColourEncoder
from wardrobe.cli import main
from wardrobe.cloud import ecs
from wardrobe.cloud.artefacts import Artefacts

CLUSTER = ["deploy", "--cluster", "shop", "--service", "wardrobe"]


@pytest.fixture
def service(aws, monkeypatch):
    monkeypatch.setattr(ecs.EcsService.__init__, "__defaults__", (0.01,))
    monkeypatch.setenv("MOTO_ECS_SERVICE_RUNNING", "2")
    client = aws.client("ecs")
    client.create_cluster(clusterName="shop")
    container = {
        "name": "wardrobe",
        "image": "shop/wardrobe:1",
        "memory": 512,
        "environment": [{"name": "MAX_QUEUE", "value": "64"}],
    }
    client.register_task_definition(
        family="wardrobe",
        containerDefinitions=[container],
        cpu="1024",
        memory="2048",
        tags=[{"key": "team", "value": "search"}],
    )
    client.create_service(
        cluster="shop", serviceName="wardrobe", taskDefinition="wardrobe:1", desiredCount=2
    )
    return client


@pytest.fixture
def rollouts(service, monkeypatch):
    """Makes moto roll out: by default well; `rollouts[image]` is how another image ends."""
    from moto.ecs.models import EC2ContainerServiceBackend as Backend

    outcomes: dict[str, str] = {}
    update = Backend.update_service

    def update_service(self, properties):
        result = update(self, properties)
        definition = self.describe_task_definition(result.task_definition)
        state = outcomes.get(definition.container_definitions[0]["image"], "COMPLETED")
        result.deployments[0] |= {
            "taskDefinition": definition.arn,
            "rolloutState": state,
            "rolloutStateReason": f"ECS deployment circuit breaker: {state.lower()}",
        }
        return result

    monkeypatch.setattr(Backend, "update_service", update_service)
    return outcomes


def running(service) -> tuple[str, dict[str, str]]:
    name = service.describe_services(cluster="shop", services=["wardrobe"])["services"][0]
    found = service.describe_task_definition(
        taskDefinition=name["taskDefinition"], include=["TAGS"]
    )
    container = found["taskDefinition"]["containerDefinitions"][0]
    assert found["tags"] == [{"key": "team", "value": "search"}]
    return container["image"], {p["name"]: p["value"] for p in container["environment"]}


def revisions(service) -> int:
    return len(service.list_task_definitions()["taskDefinitionArns"])


def test_an_image_and_settings_are_rolled_out(service, rollouts, capsys) -> None:
    assert main([*CLUSTER, "--image", "shop/wardrobe:2", "--set", "MAX_TOP_K=50"]) == 0
    assert running(service) == ("shop/wardrobe:2", {"MAX_QUEUE": "64", "MAX_TOP_K": "50"})
    said = capsys.readouterr().err
    assert "image: shop/wardrobe:1 -> shop/wardrobe:2; MAX_TOP_K: (unset) -> 50" in said
    assert "wardrobe:2 is rolled out and healthy" in said


def test_a_dry_run_says_the_plan_and_changes_nothing(service, rollouts, capsys, aws) -> None:
    aws.asked.clear()
    assert main([*CLUSTER, "--image", "shop/wardrobe:2", "--dry-run"]) == 0
    plan = capsys.readouterr().out
    assert "register a revision after wardrobe:1\n  image: shop/wardrobe:1 -> shop/war" in plan
    assert "go back to wardrobe:1" in plan
    assert (running(service)[0], revisions(service)) == ("shop/wardrobe:1", 1)


def test_a_rollout_that_fails_goes_back_and_says_why(service, rollouts, capsys) -> None:
    rollouts["shop/wardrobe:broken"] = "FAILED"
    assert main([*CLUSTER, "--image", "shop/wardrobe:broken"]) == 1
    said = capsys.readouterr().err
    assert "wardrobe:2 was not rolled out: it failed: ECS deployment circuit breaker" in said
    assert "the service is back at wardrobe:1, and healthy" in said
    assert running(service)[0] == "shop/wardrobe:1"


def test_a_rollout_that_takes_too_long_goes_back(service, rollouts, capsys, monkeypatch) -> None:
    monkeypatch.setattr(ecs.EcsService.__init__, "__defaults__", (0.5,))
    rollouts["shop/wardrobe:slow"] = "IN_PROGRESS"
    assert main([*CLUSTER, "--image", "shop/wardrobe:slow", "--timeout", "1"]) == 1
    assert "it was not healthy within 1 s" in capsys.readouterr().err
    assert running(service)[0] == "shop/wardrobe:1"


def test_a_failed_rollout_takes_its_announcement_back(
    service, rollouts, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("ARTEFACTS", ADDRESS)
    pushed = []

    def push(self, kind, folder, networks, say):
        pushed.append(key := f"{kind}/{ColourEncoder.fingerprint}-{folder.name:0>16}")
        return key

    monkeypatch.setattr(Artefacts, "push", push)
    monkeypatch.setattr(Artefacts, "manifest", lambda *_: None)
    names = ["--encoder", "e", "--index"]
    assert main([*CLUSTER, *names, "i1"]) == 0, "only announced"
    assert revisions(service) == 1
    rollouts["shop/wardrobe:broken"] = "FAILED"
    assert main([*CLUSTER, *names, "i2", "--image", "shop/wardrobe:broken"]) == 1
    announcement, _ = Artefacts(ADDRESS).announcement()
    assert announcement.index.endswith("i1")
    assert main([*CLUSTER, *names, "i2", "--image", "shop/wardrobe:2"]) == 0
    assert Artefacts(ADDRESS).announcement()[0].index.endswith("i2")


def test_ctrl_c_leaves_the_rollout_to_ecs_and_says_how_to_go_back(
    service, rollouts, capsys, monkeypatch
) -> None:
    rollouts["shop/wardrobe:2"] = "IN_PROGRESS"

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ecs.time, "sleep", interrupt)
    assert main([*CLUSTER, "--image", "shop/wardrobe:2"]) == 130
    said = capsys.readouterr().err
    assert "goes on without being watched" in said
    assert "--task-definition wardrobe:1" in said


def test_what_does_not_exist_is_named(service, rollouts, capsys) -> None:
    assert main(["deploy", "--cluster", "shop", "--service", "other", "--image", "i"]) == 1
    assert "no service 'other' in cluster 'shop'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*CLUSTER, "--set", "MAX_QEUE=3"])
