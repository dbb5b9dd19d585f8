"""What the processor offers: cores this process may use, and bf16."""

import math
import os
from pathlib import Path

import torch

_CGROUP_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def available_cores() -> int:
    """Returns the cores this process may use: its affinity, cut by the container's CPU quota."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = _CGROUP_CPU_MAX.read_text().split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):
        pass  # no cgroup v2, or "max": no quota
    return max(1, cores)


def wants_bf16(precision: str) -> bool:
    """Returns whether to compute in bf16, given `bf16`, `fp32`, or `auto`: where it is native.

    Emulated bf16 is slower than fp32.
    """
    if precision != "auto":
        return precision == "bf16"
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
