"""How a figure is made of samples, and beside which machine it is shown."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil


def percentile(samples: Sequence[float], share_pct: float) -> float:
    """Return the nearest-rank percentile, rounded to a hundredth: never better than a sample that was seen.

    Raises ValueError without samples.
    """
    if not samples:
        raise ValueError("no samples to take a percentile of")
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * share_pct // 100))
    return round(ordered[int(rank) - 1], 2)


def machine() -> dict[str, Any]:
    """Return what was measured on: processors, memory, kernel, Python."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def load() -> list[float]:
    """Return the load average of one, five and fifteen minutes: other work on the machine makes figures worse."""
    return [round(value, 2) for value in os.getloadavg()]
