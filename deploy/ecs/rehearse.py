"""Rehearses docs/deployment.md on moto's AWS behind real HTTP, and shows what a person sees.

    python -m deploy.ecs.rehearse

Takes a minute; needs requirements-dev.txt, and nothing leaves this machine. The artefacts are tiny.
"""

import io
import logging
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from tests.aws_server import AwsServer, Fault, of_call, of_file
from tests.cloud_template import create_stack
from tests.fakes import FolderEncoder, write_checkpoint
from tests.rollouts import Outcome, rollouts
from tests.serving import until
from tests.swapping import build_shop
from wardrobe.cli import main as wardrobe
from wardrobe.cloud import deploying, ecs
from wardrobe.serving import building
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/wardrobe"
WEIGHTS = "model.safetensors"


LEFT_OUT: set[str] = set()
"""Types of resources that moto does not make, as its log says."""


class Rehearsal:
    """A stack on moto, and what is done to it."""

    def __init__(self, aws: AwsServer, outcomes: dict[str, Outcome]) -> None:
        self.aws, self._outcomes = aws, outcomes
        encoder = FolderEncoder(write_checkpoint(Path("models/shop"), os.urandom(3_000_000)))
        for name, count in (("shop", 6), ("shop-2", 5), ("shop-3", 4)):
            build_shop(Path("indexes"), name, count, encoder)
        os.truncate("indexes/shop-3/vectors.faiss", 40)

    def stack(self) -> None:
        title("The stack")
        say("$ aws cloudformation deploy --template-file deploy/ecs/wardrobe.yaml …")
        secrets = {
            f"{name}SecretArn": self.aws.client("secretsmanager").create_secret(
                Name=name, SecretString=content
            )["ARN"]
            for name, content in (("Keys", '{"keys": []}'), ("CacheUrl", "redis://cache:6379/0"))
        }
        self.outputs = create_stack(self.aws, "shop", Image=f"{IMAGE}:1.0", **secrets)
        cloud = self.aws.client("cloudformation")
        found = cloud.describe_stack_resources(StackName="shop")["StackResources"]
        made = {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in found
            if "LogicalResourceId" in one
        }
        say(f"CREATE_COMPLETE: {len(made)} resources. moto leaves out {len(found) - len(made)}:")
        say(f"  {', '.join(sorted(LEFT_OUT))}")
        for name, value in self.outputs.items():
            say(f"  {name}: {value}")
        os.environ["ARTEFACTS"] = self.outputs["Artefacts"]
        self._balance(made)

    def _balance(self, made: dict[str, str]) -> None:
        """Gives the service what moto leaves out: tasks, balancer, network, healthy targets."""
        subnets = [made["PrivateSubnetA"], made["PrivateSubnetB"]]
        network = {"subnets": subnets, "securityGroups": [made["TaskGroup"]]}
        served = {"containerName": "wardrobe", "containerPort": 8000}
        self.aws.client("ecs").update_service(
            cluster=self.outputs["ClusterName"],
            service=self.outputs["ServiceName"],
            desiredCount=2,  # which autoscaling sees to
            loadBalancers=[{"targetGroupArn": made["Targets"], **served}],
            networkConfiguration={"awsvpcConfiguration": network},
        )
        self.aws.client("elbv2").register_targets(
            TargetGroupArn=made["Targets"], Targets=[{"Id": "10.20.16.5"}, {"Id": "10.20.32.5"}]
        )

    def artefacts(self) -> None:
        title("Artefacts")
        push = ["artefacts", "push", "--encoder", "models/shop", "--index", "indexes/shop"]
        run(*push, "--announce", "--dry-run")
        with self.broken(of_file("PUT", WEIGHTS, ("403 Forbidden", "AccessDenied"))):
            run(*push)
        run(*push, "--announce")
        run("artefacts", "list")

    def rollouts(self) -> None:
        names = ["--cluster", self.outputs["ClusterName"], "--service", self.outputs["ServiceName"]]
        deploy = ["deploy", *names]
        title("An update")
        change = ["--image", f"{IMAGE}:1.1", "--set", "MAX_QUEUE=32"]
        run(*deploy, *change, "--dry-run")
        run(*deploy, *change)
        title("An update that fails: ECS goes back, and so does the announcement")
        self._outcomes[f"{IMAGE}:1.2"] = "ROLLED_BACK"
        models = ["--encoder", "models/shop", "--index", "indexes/shop-2"]
        run(*deploy, *models, "--image", f"{IMAGE}:1.2")
        run("artefacts", "list")
        title("An update that never gets healthy")
        self._outcomes[f"{IMAGE}:1.3"] = "IN_PROGRESS"
        run(*deploy, "--image", f"{IMAGE}:1.3", "--timeout", "2")
        title("An update without permission")
        with self.broken(of_call("UpdateService", "AccessDeniedException")):
            run(*deploy, "--image", f"{IMAGE}:1.4")
        title("Another index: tasks swap, none is replaced")
        run(*deploy, *models)
        title("An index that is damaged: nothing is sent")
        run(*deploy, "--encoder", "models/shop", "--index", "indexes/shop-3")

    def faults(self) -> None:
        title("A task starts while …")
        for what, fault in {
            "AWS throttles it": lambda _: ("503 Slow Down", "SlowDown"),
            "its role may not read": lambda _: ("403 Forbidden", "AccessDenied"),
            "its credentials have expired": lambda _: ("400 Bad Request", "ExpiredToken"),
            "the bucket is gone": lambda _: ("404 Not Found", "NoSuchBucket"),
            "every download breaks off": of_file("GET", WEIGHTS, 0),
        }.items():
            self.start(what, fault)
        cuts = iter([1_000_000, 500_000])
        self.start(
            "two downloads break off",
            lambda request: next(cuts, None) if request["PATH_INFO"].endswith(WEIGHTS) else None,
        )
        ranges = self.aws.gets(WEIGHTS)[-3:]
        say(f"  asked S3 for {', '.join(part or 'all of it' for part in ranges)}")
        with self.damaged():
            self.start("somebody has changed an object", None)
        self.start("all is well", None)

    def start(self, what: str, fault: Fault | None) -> None:
        """Starts a server with a new disk, and shows what /healthz says."""
        self.aws.asked.clear()
        with self.broken(fault), tempfile.TemporaryDirectory(dir=".") as disk:
            state = Path(disk)
            app = create_app(Settings(state=state, artefacts_folder=state / "artefacts"))
            service = current_service(app)
            until(lambda: service.startup.finished, timeout=300)
            answer = app.test_client().get("/healthz")
            service.close()
        error = answer.json.get("error")
        said = error["message"] if error else f"{answer.json['index']['count']} items"
        say(f"… {what}: {len(self.aws.asked)} × S3, /healthz says {answer.status_code}")
        say(f"  {said}")

    @contextmanager
    def broken(self, fault: Fault | None) -> Iterator[None]:
        self.aws.fault = fault
        yield
        self.aws.fault = None

    @contextmanager
    def damaged(self) -> Iterator[None]:
        """Changes a byte of the weights in S3."""
        s3 = self.aws.client("s3")
        bucket, _, prefix = self.outputs["Artefacts"].removeprefix("s3://").partition("/")
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/encoders/")["Contents"]
        (key,) = (one["Key"] for one in found if one["Key"].endswith(WEIGHTS))
        good = Path("models/shop", WEIGHTS).read_bytes()
        s3.put_object(Bucket=bucket, Key=key, Body=bytes([good[0] ^ 1]) + good[1:])
        yield
        s3.put_object(Bucket=bucket, Key=key, Body=good)


def run(*argv: str) -> None:
    """Runs the command `wardrobe`, and shows it with what it says."""
    say(f"$ wardrobe {' '.join(argv)}")
    with redirect_stdout(io.StringIO()) as said, redirect_stderr(said):
        code = wardrobe(argv)
    say(f"{said.getvalue()}(exit code {code})\n")


def title(text: str) -> None:
    say(f"\n=== {text} ===\n")


def say(line: str) -> None:
    """Shows a line, with fingerprints and digests cut short."""
    sys.stdout.write(re.sub(r"\b[0-9a-f]{16,}\b", lambda found: f"{found[0][:8]}…", f"{line}\n"))
    sys.stdout.flush()


def main() -> None:
    """Runs all of it in a folder that is removed."""
    warnings.filterwarnings("ignore", "Tried to parse")
    logging.getLogger("wardrobe").setLevel(logging.CRITICAL)  # /healthz says it
    logging.getLogger("moto").addFilter(lambda record: LEFT_OUT.add(str(record.args[0])))
    began = time.monotonic()
    with ExitStack() as stack:
        os.chdir(stack.enter_context(tempfile.TemporaryDirectory()))
        aws = AwsServer()
        stack.callback(aws.close)
        os.environ |= {**aws.environment, "MOTO_ECS_SERVICE_RUNNING": "2"}
        stack.enter_context(patch.object(ecs, "POLL_S", 0.2))
        rehearsal = Rehearsal(aws, stack.enter_context(rollouts()))
        for module in (building, deploying):
            stack.enter_context(
                patch.object(module, "load_encoder", lambda name, **_: FolderEncoder(name))
            )
        rehearsal.stack()
        rehearsal.artefacts()
        rehearsal.rollouts()
        rehearsal.faults()
        os.chdir("/")
    say(f"\nrehearsed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
