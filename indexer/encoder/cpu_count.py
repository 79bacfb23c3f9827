"""The number of processors that this process may use."""

import math
import os
from pathlib import Path

_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def available_cpus() -> int:
    """The processors this process may use: its affinity, and its container's share of time."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, _cgroup_cpus()))


def _cgroup_cpus() -> int:
    try:
        quota, period = _CGROUP_LIMIT.read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no cgroup, or "max": no limit
        return os.cpu_count() or 1
