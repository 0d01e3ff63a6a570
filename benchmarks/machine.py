"""The machine that something is measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """What runs the benchmark.

    Attributes:
        load: how many processes wanted a core in the minute before it began: what else goes on there.
    """

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    load: float


def this_machine() -> Machine:
    """The one that this runs on."""
    return Machine(
        processor=_processor(),
        cores=len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load=round(psutil.getloadavg()[0], 2),
    )


def _processor() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
