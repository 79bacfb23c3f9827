"""Describes the machine, the versions and the commit of a measurement."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from indexer.encoder.cpu_count import available_cpus

_LIBRARIES = (
    "episode-search faiss-cpu fastapi httptools numpy onnxruntime orjson sentence-transformers "
    "tantivy tokenizers torch transformers uvicorn uvloop"
).split()
_REPOSITORY = Path(__file__).resolve().parents[2]


def machine() -> dict[str, Any]:
    """The facts of the machine; the load average shows whether it was idle before."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": _cpu(),
        "cores": available_cpus(),
        "memory_mib": memory // 2**20,
        "system": platform.platform(),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


def commit() -> str | None:
    """The short hash, marked "dirty" if files differ from it; None outside of a checkout."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],
            cwd=_REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()


def today() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def busy_seconds() -> float:
    """CPU seconds used by all processes, and stolen by other guests of the host."""
    user, nice, system, _, _, irq, softirq, steal = map(int, _processor_times()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _processor_times() -> list[str]:
    return Path("/proc/stat").read_text().partition("\n")[0].split()


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
