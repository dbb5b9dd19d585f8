"""Cores as the container allows them, in both kinds of cgroups."""

import os

import pytest

from wardrobe.encoders import hardware


@pytest.fixture
def affinity(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


@pytest.mark.parametrize(
    ("content", "cores"),
    [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 8)],
)
def test_a_quota_of_cgroup_v2(affinity, tmp_path, monkeypatch, content, cores) -> None:
    (tmp_path / "cpu.max").write_text(content)
    monkeypatch.setattr(hardware, "_CGROUP_CPU_MAX", tmp_path / "cpu.max")
    assert hardware.available_cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [("400000", 4), ("-1", 8), ("1600000", 8)])
def test_a_quota_of_cgroup_v1(affinity, tmp_path, monkeypatch, quota, cores) -> None:
    monkeypatch.setattr(hardware, "_CGROUP_CPU_MAX", tmp_path / "none")
    for name, value in (("_CGROUP_CPU_QUOTA", quota), ("_CGROUP_CPU_PERIOD", "100000")):
        (tmp_path / name).write_text(value)
        monkeypatch.setattr(hardware, name, tmp_path / name)
    assert hardware.available_cores() == cores


def test_without_a_container_it_is_the_affinity(affinity, tmp_path, monkeypatch) -> None:
    for name in ("_CGROUP_CPU_MAX", "_CGROUP_CPU_QUOTA", "_CGROUP_CPU_PERIOD"):
        monkeypatch.setattr(hardware, name, tmp_path / "none")
    assert hardware.available_cores() == 8
