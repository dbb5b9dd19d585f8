"""The CloudFormation template: what it promises, line by line, and moto makes its stack."""

import re
import subprocess
import sys
from pathlib import Path

from tests.cloud_template import (
    CONTAINER,
    METADATA,
    PATH,
    RESOURCES,
    conditions,
    create_stack,
    of_type,
    refs,
)
from wardrobe.serving import announced, swapping


def test_a_network_that_is_given_is_taken_as_it_is() -> None:
    network = ("VPC", "Subnet", "NatGateway", "InternetGateway", "Route", "RouteTable", "EIP")
    assert conditions(*(f"EC2::{kind}" for kind in network)) == {"OwnVpc"}


def test_each_zone_has_a_way_out_of_its_own() -> None:
    for zone in "AB":
        assert RESOURCES[f"PrivateSubnet{zone}Routes"] == {
            "SubnetId": {"Ref": f"PrivateSubnet{zone}"},
            "RouteTableId": {"Ref": f"PrivateRoutes{zone}"},
        }
        assert RESOURCES[f"PrivateRoute{zone}"]["RouteTableId"] == {"Ref": f"PrivateRoutes{zone}"}
        assert RESOURCES[f"PrivateRoute{zone}"]["NatGatewayId"] == {"Ref": f"NatGateway{zone}"}
        assert RESOURCES[f"NatGateway{zone}"]["SubnetId"] == {"Ref": f"PublicSubnet{zone}"}
        private, public = (RESOURCES[f"{kind}Subnet{zone}"] for kind in ("Private", "Public"))
        assert private["AvailabilityZone"] == public["AvailabilityZone"]


def test_a_deployment_that_fails_is_taken_back_and_never_leaves_fewer_tasks() -> None:
    assert RESOURCES["Service"]["DeploymentConfiguration"] == {
        "MinimumHealthyPercent": 100,
        "MaximumPercent": 200,
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
    }
    assert RESOURCES["Targets"]["HealthCheckPath"] == "/healthz"


def test_tasks_are_added_by_load_and_by_what_each_logs_of_its_queue() -> None:
    by = {
        policy["PolicyName"]: policy["TargetTrackingScalingPolicyConfiguration"]
        for policy in of_type("ApplicationAutoScaling::ScalingPolicy").values()
    }
    load = by["cpu"]["PredefinedMetricSpecification"]
    assert load == {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    queue = by["queue"]["CustomizedMetricSpecification"]
    (made,) = RESOURCES["QueueMetric"]["MetricTransformations"]
    assert (queue["Namespace"], queue["MetricName"]) == (
        made["MetricNamespace"],
        made["MetricName"],
    )
    assert made["MetricValue"] == "$.queue_inputs"
    assert (
        RESOURCES["QueueMetric"]["LogGroupName"]
        == CONTAINER["LogConfiguration"]["Options"]["awslogs-group"]
    )


def test_every_alarm_reaches_somebody() -> None:
    alarms = of_type("CloudWatch::Alarm")
    assert len(alarms) == 7
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Alarms"}], name
    (target,) = RESOURCES["TaskFailures"]["Targets"]
    assert target["Arn"] == {"Ref": "Alarms"}
    senders = RESOURCES["AlarmsPolicy"]["PolicyDocument"]["Statement"]
    assert {s["Principal"]["Service"] for s in senders} == {
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
    }


def test_what_is_announced_and_not_served_is_an_alarm() -> None:
    (made,) = RESOURCES["NotServedMetric"]["MetricTransformations"]
    alarm = RESOURCES["NotServed"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (
        made["MetricNamespace"],
        made["MetricName"],
    )
    loggers = set(re.findall(r'logger = "([^"]+)"', RESOURCES["NotServedMetric"]["FilterPattern"]))
    assert loggers == {announced._log.name, swapping._log.name}


def test_a_certificate_that_comes_later_changes_the_listener_that_is_there() -> None:
    ports = [listener["Port"] for listener in of_type("ElasticLoadBalancingV2::Listener").values()]
    assert sorted(ports) == [80, 443], "of two at one port, the second cannot be made"


def test_what_begins_waits_for_what_it_needs() -> None:
    assert "PublicRoute" in refs(METADATA["Balancer"]), "else its subnets may lead nowhere yet"
    needed = {"HttpsListener", "HttpListener", "PrivateRouteA", "PrivateRouteB", "SecretsPolicy"}
    assert needed <= refs(METADATA["Service"])


def test_a_new_template_leaves_as_many_tasks_as_there_are() -> None:
    count = {"If": ["NoTasks", 0, {"Ref": "AWS::NoValue"}]}
    assert RESOURCES["Service"]["DesiredCount"] == count


def test_roles_name_what_they_may_touch() -> None:
    everything = set()
    for role in ("TaskRole", "ExecutionRole"):
        for policy in RESOURCES[role]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                actions = [actions] if isinstance(actions, str) else actions
                assert not [action for action in actions if "*" in action]
                if statement["Resource"] == "*":
                    everything |= set(actions)
    assert everything == {"ecr:GetAuthorizationToken"}, "it knows no resources"


def test_the_bucket_is_versioned_encrypted_and_closed() -> None:
    bucket = RESOURCES["ArtefactBucket"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    closed = bucket["PublicAccessBlockConfiguration"]
    assert (len(closed), all(closed.values())) == (4, True)
    (statement,) = RESOURCES["ArtefactBucketPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_cfn_lint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    result = subprocess.run(
        [linter, str(PATH)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_moto_makes_the_stack(aws) -> None:
    secret = aws.client("secretsmanager").create_secret(Name="keys", SecretString='{"keys": []}')
    outputs = create_stack(aws, "shop", Image="shop/wardrobe:1", KeysSecretArn=secret["ARN"])
    bucket = outputs["Artefacts"].removeprefix("s3://").partition("/")[0]
    aws.client("s3").head_bucket(Bucket=bucket)
    arn = aws.client("ecs").list_task_definitions()["taskDefinitionArns"][0]
    definition = aws.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    made = definition["containerDefinitions"][0]
    assert made["image"] == "shop/wardrobe:1"
    assert {"name": "KEYS_JSON", "valueFrom": secret["ARN"]} in made["secrets"]
    assert outputs["Url"].startswith("http://")
