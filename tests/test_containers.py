"""Image, compose, nginx and monitoring, without an engine; test_settings has their settings."""

import http.client
import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from benchmarks.rolling import Proxy
from tests.scripted_server import ScriptedServer, answer
from wardrobe.serving import page
from wardrobe.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
NGINX = (ROOT / "deploy/nginx/wardrobe.conf").read_text(encoding="utf-8")
IMAGE = ROOT / "deploy/image"
HADOLINT = Path(sys.executable).with_name("hadolint")
CAPTURED: dict[str, Any] = {"capture_output": True, "text": True, "check": False}
SERVICES = yaml.safe_load(COMPOSE)["services"]
SETTINGS = {name.upper(): field.default for name, field in Settings.model_fields.items()}


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", path.read_text(), re.MULTILINE))


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="needs Debian's docker-compose")
def test_compose_keeps_to_the_specification() -> None:
    done = subprocess.run(["docker-compose", "config", "--quiet"], cwd=ROOT, **CAPTURED)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(not HADOLINT.exists(), reason="needs requirements-dev.txt")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([HADOLINT, "Dockerfile"], cwd=ROOT, **CAPTURED)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_service_is_hardened_and_limited() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"], name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name


def test_nginx_serves_the_page_as_the_server_does() -> None:
    for name, value in page._SAFE.items():
        assert f'add_header {name} "{value}"' in NGINX or f"add_header {name} {value};" in NGINX
    assert page._FOR_EVER in NGINX
    (pattern,) = re.findall(r"location ~ (\S+) \{\s+expires", NGINX)
    for address in page.PAGES:
        assert re.search(pattern, address)
    assert not re.search(pattern, "/items")


def test_nginx_leaves_too_large_a_body_to_the_server() -> None:
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert SETTINGS["MAX_BODY_BYTES"] < int(megabytes) * 2**20 < 1.1 * SETTINGS["MAX_BODY_BYTES"]


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs Debian's package nginx")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/predict", 200),
        ("POST", "/search", 200),
        ("GET", "/search?text=dress", 200),
        ("DELETE", "/items/shoes%2Fred", 200),
        ("PATCH", "/items/shoes%2Fred", 502),
        ("POST", "/items", 502),
        ("POST", "/feedback", 502),
        ("POST", "/admin/swap", 502),
    ],
)
def test_nginx_asks_again_only_what_may_be_done_twice(tmp_path, method, path, status) -> None:
    dying, living = ScriptedServer(b""), ScriptedServer(answer("200 OK"))
    proxy = Proxy(tmp_path)
    try:
        proxy.pass_to(*(int(server.url.rpartition(":")[2]) for server in (dying, living)))
        with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as client:
            client.request(method, path, None if method in ("GET", "DELETE") else b"x" * 100)
            assert client.getresponse().status == status
    finally:
        for ending in (proxy.stop, dying.close, living.close):
            ending()
    assert [len(dying.requests), len(living.requests)] == [1, int(status == 200)]
    for request in dying.requests + living.requests:
        assert request.startswith(f"{method} {path} HTTP/1.1\r\n".encode())


def test_monitoring_asks_for_metrics_that_exist(serve) -> None:
    exposed = serve().get("/metrics").text
    known = {line.split()[2] for line in exposed.splitlines() if line.startswith("# TYPE")}
    alerts = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    dashboard = (ROOT / "deploy/grafana/dashboards/wardrobe.json").read_text()
    asked = set(re.findall(r"\bwardrobe_\w+", alerts + dashboard))
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in asked} <= known
    assert json.loads(dashboard)["panels"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs Debian's package prometheus")
def test_the_alerts_fire_when_they_should() -> None:
    for command in ("check config prometheus.yml", "test rules alerts_test.yml"):
        done = subprocess.run(
            ["promtool", *command.split()], cwd=ROOT / "deploy/prometheus", **CAPTURED
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_locks_have_the_versions_of_the_requirements_and_hashes() -> None:
    wanted = pins(ROOT / "requirements.txt")
    full = pins(IMAGE / "full.lock") | pins(IMAGE / "torch.lock")
    assert full == wanted
    serve = pins(IMAGE / "serve.lock")
    assert {name: wanted[name] for name in serve if name in wanted} == {
        name: version for name, version in serve.items() if name in wanted
    }
    names = (IMAGE / "serve.in").read_text().splitlines()
    assert {name for name in names if not name.startswith("#")} <= set(serve)
    for lock in IMAGE.glob("*.lock"):
        assert lock.read_text().count("==") <= lock.read_text().count("--hash=sha256:"), lock


def test_the_image_has_what_is_imported_by_all_that_serves() -> None:
    graph = grimp.build_graph("wardrobe", include_external_packages=True, cache_dir=None)
    serving = [m for m in graph.modules if m.startswith(("wardrobe.serving", "wardrobe.cli"))]
    imported = set().union(*(graph.find_upstream_modules(module) for module in serving))
    packages = imported - graph.find_descendants("wardrobe") - sys.stdlib_module_names
    of = packages_distributions()
    names = {of[p][0].lower().replace("_", "-") for p in packages - {"wardrobe"}}
    only_in_full = {"torch", "transformers", "huggingface-hub", "scipy"}  # each said by its error
    assert names - only_in_full <= set(pins(IMAGE / "serve.lock"))


def test_a_build_gets_what_the_dockerfile_copies_and_no_more() -> None:
    sent = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(?:--chmod=\S+ )?(.*) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {word.rstrip("/") for line in copied for word in line.split()}
    for source in sources:
        assert any(source == name or source.startswith(f"{name}/") for name in sent), source
    for name in set(sent) - {"Dockerfile"}:
        assert any(source == name or source.startswith(f"{name}/") for source in sources), name
