"""Settings, .env.example, the image, compose and the CloudFormation template agree."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from pydantic import ValidationError

from tests.cloud_template import CONTAINER, PARAMETERS, RESOURCES
from wardrobe.settings import Settings

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / ".env.example"
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
API = yaml.safe_load(COMPOSE)["services"]["api"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
GUNICORN = (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")

# What a deployment sets otherwise than the default, and why; all else that it sets is the default.
DELIBERATE = {
    "image": {
        "host": "others reach a container",
        "open_reading": "others reach a container, so reading needs a key",
    },
    "compose": {"open_on_public_bind": "only nginx reaches it, and only this machine nginx"},
    "template": {
        "host": "the load balancer reaches a task",
        "open_reading": "others reach the load balancer, so reading needs a key",
        "artefacts": "a task has no disk of its own: the stack's bucket",
        "log_queue_s": "tasks are added by it",
    },
}


NOT_BY_COMPOSE = {
    *("networks", "page", "state"),  # folders of the image
    *("host", "port", "wardrobe_url", "wardrobe_key"),  # nginx is what is asked
    *("artefacts", "artefacts_folder", "artefacts_poll_s"),  # no way to S3
    "max_body_bytes",  # nginx has a limit beside it
}


def of_image() -> dict[str, str]:
    """Returns the settings among the variables of the image that runs."""
    text = re.search(r"AS runtime.*?^ENV (.*?)\nUSER", DOCKERFILE, re.DOTALL | re.MULTILINE)
    assert text
    others = {"PATH", "HOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    return {n: v for n, v in re.findall(r"(\w+)=(\S+)", text[1]) if n not in others}


def of_compose() -> dict[str, str]:
    """Returns what the API gets in compose where .env is empty."""
    defaults = {n: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", v) for n, v in API["environment"].items()}
    assert not [value for value in defaults.values() if "$" in value]
    return defaults


def of_template() -> dict[str, str]:
    """Returns what a task gets where parameters are left as they are."""
    return {entry["Name"]: resolved(entry["Value"]) for entry in CONTAINER["Environment"]}


def resolved(value: Any) -> str:
    if isinstance(value, str):
        return value
    ((kind, what),) = value.items()
    return (
        str(PARAMETERS[what]["Default"])
        if kind == "Ref"
        else what.replace("${ArtefactBucket}", "b")
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [("image", of_image()), ("compose", of_compose()), ("template", of_template())],
)
def test_a_deployment_sets_what_exists_and_differs_only_on_purpose(name, given) -> None:
    values = {setting.lower(): value for setting, value in given.items()}
    assert set(values) <= set(Settings.model_fields)
    settings = Settings(_env_file=None, **values)
    fields = Settings.model_fields
    different = {n for n in values if getattr(settings, n) != fields[n].default}
    assert different == set(DELIBERATE[name])


def test_compose_hands_on_every_setting_that_could_be_another() -> None:
    given = {name.lower() for name in of_compose()}
    assert given == set(Settings.model_fields) - NOT_BY_COMPOSE


def test_every_variable_of_compose_is_in_the_example_with_its_default() -> None:
    example = dotenv_values(EXAMPLE)
    variables = re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE)
    assert len(variables) == COMPOSE.count("${")
    for name, default in variables:
        assert example[name] == default, name


def test_secrets_of_the_template_are_settings_that_are_empty_by_default() -> None:
    for name in (entry["If"][1]["Name"] for entry in CONTAINER["Secrets"]):
        default = Settings.model_fields[name.lower()].default
        assert not getattr(default, "get_secret_value", lambda value=default: value)()


def test_a_deployment_leaves_as_much_time_to_stop_as_the_server_takes() -> None:
    (more,) = re.findall(
        r"^graceful_timeout = int\(settings.deadline_s\) \+ (\d+)$", GUNICORN, re.M
    )
    drain = float(of_template()["DEADLINE_S"]) + int(more)
    targets = {a["Key"]: a["Value"] for a in RESOURCES["Targets"]["TargetGroupAttributes"]}
    assert float(targets["deregistration_delay.timeout_seconds"]) == drain
    assert drain < CONTAINER["StopTimeout"] <= 120, "Fargate gives no more"
    assert float(of_compose()["DEADLINE_S"]) + int(more) < int(API["stop_grace_period"].rstrip("s"))


def test_a_load_balancer_hangs_up_before_the_server_does() -> None:
    (keepalive,) = re.findall(r"^keepalive = (\d+)", GUNICORN, re.M)
    balancer = {a["Key"]: a["Value"] for a in RESOURCES["Balancer"]["LoadBalancerAttributes"]}
    assert int(balancer["idle_timeout.timeout_seconds"]) < int(keepalive)


def test_every_port_of_the_template_is_the_one_that_is_listened_at() -> None:
    port = int(of_template()["PORT"])
    (mapped,), (served,) = CONTAINER["PortMappings"], RESOURCES["Service"]["LoadBalancers"]
    (admitted,) = RESOURCES["TaskGroup"]["SecurityGroupIngress"]
    assert (
        mapped["ContainerPort"] == served["ContainerPort"] == RESOURCES["Targets"]["Port"] == port
    )
    assert admitted["FromPort"] == admitted["ToPort"] == port
    assert f":{port}/livez" in CONTAINER["HealthCheck"]["Command"][-1]
    assert RESOURCES["Targets"]["HealthCheckPath"] == "/healthz"


def test_a_task_runs_as_the_image_does_and_writes_where_it_may() -> None:
    (user,) = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert CONTAINER["User"] == user
    (volumes,) = re.findall(r"^VOLUME (\[.*\])", DOCKERFILE, re.MULTILINE)
    assert {mount["ContainerPath"] for mount in CONTAINER["MountPoints"]} <= set(
        yaml.safe_load(volumes)
    )
    mounted = {mount["ContainerPath"] for mount in CONTAINER["MountPoints"]}
    settings = of_template()
    for name in ("STATE", "ARTEFACTS_FOLDER"):
        assert f"/app/{settings[name]}".startswith(tuple(mounted)), name


def test_queues_that_scale_and_alarm_are_shorter_than_the_longest() -> None:
    longest = Settings.model_fields["max_queue"].default
    alarm = RESOURCES["LongQueue"]
    assert PARAMETERS["QueuePerTask"]["Default"] < alarm["Threshold"] < longest
    assert f"MAX_QUEUE is {longest}," in alarm["AlarmDescription"]


def test_the_example_names_every_setting_with_its_default() -> None:
    values = dotenv_values(EXAMPLE)
    assert list(values) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        assert values[name.upper()] == str(field.default), name


def test_the_example_describes_every_setting() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"# {field.description}\n{name.upper()}=" in text


def test_settings_come_from_the_file_and_the_environment_wins(tmp_path, monkeypatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    file = tmp_path / ".env"
    file.write_text("PORT=9000\nTHREADS=3\nMAX_TOP_K=\n", encoding="utf-8")
    monkeypatch.setenv("THREADS", "5")
    settings = Settings(_env_file=file)
    assert (settings.port, settings.threads, settings.max_top_k) == (9000, 5, 100)


def test_a_bad_value_is_refused_by_name(monkeypatch) -> None:
    monkeypatch.setenv("PORT", "99999")
    with pytest.raises(ValidationError, match=r"port\n.*less than or equal to 65535"):
        Settings(_env_file=None)


@pytest.mark.parametrize(
    "command",
    [["-m", "gunicorn", "--check-config"], ["build_index.py", "x"], ["-m", "wardrobe", "index"]],
)
def test_a_bad_value_is_a_line_whatever_is_started(command) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"MAX_QUEUE": "many"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("MAX_QUEUE is 'many': it must be a valid integer")


def test_no_setting_is_unused() -> None:
    root = EXAMPLE.parent
    sources = [*root.glob("*.py"), *(root / "wardrobe").rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for name in Settings.model_fields:
        assert re.search(rf"settings\.{name}\b", code), name
