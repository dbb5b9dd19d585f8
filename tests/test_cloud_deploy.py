"""`wardrobe deploy` against moto's ECS: rolled out, rolled back, or only planned."""

import itertools

import pytest

from tests.aws_server import is_call, of_call
from tests.rollouts import DEPLOY, register, revisions, running, service_of
from wardrobe.cli import main
from wardrobe.cloud import ecs
from wardrobe.errors import RolloutError


def test_an_image_and_settings_are_rolled_out(ecs_service, outcomes, capsys) -> None:
    assert main([*DEPLOY, "--image", "shop/wardrobe:2", "--set", "MAX_TOP_K=50"]) == 0
    assert running(ecs_service) == ("shop/wardrobe:2", {"MAX_QUEUE": "64", "MAX_TOP_K": "50"})
    said = capsys.readouterr().err
    assert "image: shop/wardrobe:1 -> shop/wardrobe:2; MAX_TOP_K: (unset) -> 50" in said
    assert "wardrobe:2 is rolled out and healthy" in said


def test_a_dry_run_says_the_plan_and_changes_nothing(ecs_service, outcomes, capsys, aws) -> None:
    aws.asked.clear()
    assert main([*DEPLOY, "--image", "shop/wardrobe:2", "--dry-run"]) == 0
    plan = capsys.readouterr().out
    assert "register a revision after wardrobe:1\n  image: shop/wardrobe:1 -> shop/war" in plan
    assert "go back to wardrobe:1" in plan
    assert (running(ecs_service)[0], revisions(ecs_service)) == ("shop/wardrobe:1", 1)


def test_a_rollout_that_fails_goes_back_and_says_why(ecs_service, outcomes, capsys) -> None:
    outcomes["shop/wardrobe:broken"] = "FAILED"
    assert main([*DEPLOY, "--image", "shop/wardrobe:broken"]) == 1
    assert (
        "wardrobe:2 was not rolled out: it failed: ECS deployment circuit breaker: failed\n"
        "  a task stopped: Essential container in task exited; wardrobe: exit code 1\n"
        "  event: (service wardrobe) deployment failed: tasks failed to start.\n"
        "  the service is back at wardrobe:1, and healthy\n"
    ) in capsys.readouterr().err
    assert running(ecs_service)[0] == "shop/wardrobe:1"


def test_that_ecs_went_back_by_itself_is_noticed(ecs_service, outcomes, capsys) -> None:
    outcomes["shop/wardrobe:broken"] = "ROLLED_BACK"
    assert main([*DEPLOY, "--image", "shop/wardrobe:broken"]) == 1
    said = capsys.readouterr().err
    assert "wardrobe:2 was not rolled out: ECS went back to wardrobe:1 by itself\n" in said
    assert "the service is back at wardrobe:1, and healthy\n" in said
    assert running(ecs_service)[0] == "shop/wardrobe:1"


@pytest.mark.parametrize("outcome", ["IN_PROGRESS", "FAILED"])
def test_a_rollout_over_one_that_is_not_completed_is_refused(
    ecs_service, outcomes, capsys, outcome
) -> None:
    outcomes["shop/wardrobe:2"] = outcome
    register(ecs_service, "shop/wardrobe:2")
    ecs_service.update_service(cluster="shop", service="wardrobe", taskDefinition="wardrobe:2")
    for more in ([], ["--dry-run"]):
        assert main([*DEPLOY, "--image", "shop/wardrobe:3", *more]) == 1
        assert capsys.readouterr().err == (
            "nothing was changed, as the rollout of wardrobe:2 is not completed but "
            f"{outcome.lower().replace('_', ' ')}: wait until it is, or go back to the last "
            "revision that was healthy with `aws ecs update-service --cluster shop --service "
            "wardrobe --task-definition FAMILY:REVISION`, and try again then\n"
        )
    assert (running(ecs_service)[0], revisions(ecs_service)) == ("shop/wardrobe:2", 2)


@pytest.mark.parametrize(
    ("outcome", "call", "said"),
    [
        ("IN_PROGRESS", "RegisterTaskDefinition", "{mine} was not rolled out: {overtaken}"),
        ("IN_PROGRESS", "UpdateService", "{mine} was not rolled out: {overtaken}"),
        ("FAILED", "ListTasks", "and the way back to wardrobe:1 is not done: {overtaken}"),
    ],
)
def test_what_somebody_else_deploys_meanwhile_is_left_alone(
    ecs_service, outcomes, aws, capsys, outcome, call, said
) -> None:
    outcomes["shop/wardrobe:2"] = outcome
    called = False

    def deploy_before_the_next_call(request) -> None:
        nonlocal called
        if called:
            aws.fault = None
            theirs = register(ecs_service, "shop/wardrobe:3")
            ecs_service.update_service(cluster="shop", service="wardrobe", taskDefinition=theirs)
        called = is_call(request, call)

    aws.fault = deploy_before_the_next_call
    assert main([*DEPLOY, "--image", "shop/wardrobe:2"]) == 1
    overtaken = "somebody else has deployed wardrobe:3 meanwhile, which is left alone\n"
    assert said.format(mine="wardrobe:2", overtaken=overtaken) in capsys.readouterr().err
    assert running(ecs_service)[0] == "shop/wardrobe:3"


def test_why_tasks_stopped_is_said_once_and_not_of_other_versions(ecs_service) -> None:
    new = register(ecs_service, "shop/wardrobe:2")
    for definition, reason in (
        ("wardrobe:1", "Scaling activity initiated by deployment"),
        ("wardrobe:2", "CannotPullContainerError: no such image"),
        ("wardrobe:2", "CannotPullContainerError: no such image"),
    ):
        (task,) = ecs_service.run_task(
            cluster="shop", taskDefinition=definition, launchType="FARGATE"
        )["tasks"]
        ecs_service.stop_task(cluster="shop", task=task["taskArn"], reason=reason)
    with pytest.raises(RolloutError) as error:
        ecs.EcsService("shop", "wardrobe").wait(
            new, 0, lambda _: None, instead_of=service_of(ecs_service)["taskDefinition"]
        )
    assert error.value.message == (
        "wardrobe:2 was not rolled out: it was not healthy within 0 s\n"
        "  a task stopped: CannotPullContainerError: no such image"
    )


def test_it_is_done_once_as_many_targets_are_healthy_as_tasks_are_wanted(ecs_service, aws) -> None:
    balancers = aws.client("elbv2")
    vpc = aws.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    group = balancers.create_target_group(
        Name="wardrobe", Protocol="HTTP", Port=8000, TargetType="ip", VpcId=vpc
    )["TargetGroups"][0]["TargetGroupArn"]
    definition = ecs_service.create_service(
        cluster="shop",
        serviceName="balanced",
        taskDefinition="wardrobe:1",
        desiredCount=2,
        loadBalancers=[
            {"targetGroupArn": group, "containerName": "wardrobe", "containerPort": 8000}
        ],
    )["service"]["taskDefinition"]
    said, targets = [], iter(["10.0.0.1", "10.0.0.2"])

    def say(line: str) -> None:
        said.append(line)
        for target in itertools.islice(targets, 1):
            balancers.register_targets(TargetGroupArn=group, Targets=[{"Id": target}])

    ecs.EcsService("shop", "balanced").wait(definition, 60, say, instead_of="none")
    assert said == [f"completed: 2 of 2 tasks run, 0 failed, {n} targets healthy" for n in range(3)]


@pytest.mark.parametrize(
    ("code", "call", "message"),
    [
        (
            "AccessDeniedException",
            "RegisterTaskDefinition",
            "cannot register the task definition wardrobe: AWS refuses RegisterTaskDefinition "
            "(AccessDeniedException); allow it to this role or user as docs/deployment.md says "
            "under Permissions. S3 says the same of what does not exist to who may not "
            "s3:ListBucket",
        ),
        (
            "ThrottlingException",
            "DescribeTaskDefinition",
            "cannot read the task definition {arn}: AWS throttles DescribeTaskDefinition "
            "(ThrottlingException), after 6 attempts with growing pauses; try again in a minute, "
            "with fewer tasks at once",
        ),
        (
            "ExpiredTokenException",
            "DescribeServices",
            "cannot read the service wardrobe in cluster shop: the AWS credentials have expired "
            "(ExpiredTokenException); log in again (`aws sso login`)",
        ),
    ],
)
def test_what_aws_refuses_is_said_and_nothing_changes(
    ecs_service, outcomes, aws, capsys, code, call, message
) -> None:
    arn = ecs_service.describe_task_definition(taskDefinition="wardrobe:1")
    aws.fault = of_call(call, code)
    assert main([*DEPLOY, "--image", "shop/wardrobe:2"]) == 1
    message = message.format(arn=arn["taskDefinition"]["taskDefinitionArn"])
    assert capsys.readouterr().err == f"{message}\n"
    aws.fault = None
    assert (running(ecs_service)[0], revisions(ecs_service)) == ("shop/wardrobe:1", 1)


def test_an_update_that_is_refused_has_changed_nothing(ecs_service, outcomes, aws, capsys) -> None:
    aws.fault = of_call("UpdateService", "AccessDeniedException")
    assert main([*DEPLOY, "--image", "shop/wardrobe:2"]) == 1
    said = capsys.readouterr().err
    assert "cannot update the service wardrobe in cluster shop: AWS refuses UpdateService" in said
    assert "the service is back at wardrobe:1, and healthy\n" in said
    assert "is not done" not in said


def test_a_way_back_that_is_refused_is_said(ecs_service, outcomes, aws, capsys) -> None:
    outcomes["shop/wardrobe:broken"] = "FAILED"
    updates = itertools.count()
    refused = of_call("UpdateService", "AccessDeniedException")
    aws.fault = lambda request: (
        refused(request) if is_call(request, "UpdateService") and next(updates) else None
    )
    assert main([*DEPLOY, "--image", "shop/wardrobe:broken"]) == 1
    assert (
        "and the way back to wardrobe:1 is not done: cannot update the service wardrobe in "
        "cluster shop: AWS refuses UpdateService (AccessDeniedException)"
    ) in capsys.readouterr().err


def test_a_rollout_that_takes_too_long_goes_back(
    ecs_service, outcomes, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(ecs, "POLL_S", 0.5)
    outcomes["shop/wardrobe:slow"] = "IN_PROGRESS"
    assert main([*DEPLOY, "--image", "shop/wardrobe:slow", "--timeout", "1"]) == 1
    assert "it was not healthy within 1 s" in capsys.readouterr().err
    assert running(ecs_service)[0] == "shop/wardrobe:1"


def test_what_does_not_exist_is_named(ecs_service, outcomes, capsys) -> None:
    assert main(["deploy", "--cluster", "shop", "--service", "other", "--image", "i"]) == 1
    assert "no service 'other' in cluster 'shop'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*DEPLOY, "--set", "MAX_QEUE=3"])


def test_of_several_containers_one_must_be_named(ecs_service, outcomes, capsys) -> None:
    register(ecs_service, "shop/wardrobe:1", "shop/proxy:1")
    ecs_service.update_service(cluster="shop", service="wardrobe", taskDefinition="wardrobe:2")
    assert main([*DEPLOY, "--image", "shop/proxy:2"]) == 1
    assert (
        capsys.readouterr().err
        == "the task has the containers wardrobe, proxy; name one with --container\n"
    )
    assert main([*DEPLOY, "--image", "shop/proxy:2", "--container", "proxy"]) == 0
    definition = ecs_service.describe_task_definition(taskDefinition="wardrobe:3")["taskDefinition"]
    images = [container["image"] for container in definition["containerDefinitions"]]
    assert images == ["shop/wardrobe:1", "shop/proxy:2"]
