"""How big this machine is, and what PostgreSQL and Valkey may therefore take. The sizing itself is pure arithmetic."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
GB = 1024 * MB


@dataclass(frozen=True, slots=True)
class Machine:
    """Cores, memory and room. Sizes in bytes; `shared_memory` is what /dev/shm may hold."""

    cores: int
    memory: int
    disk_free: int
    shared_memory: int


def this_machine(var_dir: Path) -> Machine:
    """Measured now; a container's limits count before the machine's."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=min(_physical_memory(), _cgroup_limit()),
        disk_free=shutil.disk_usage(var_dir).free,
        shared_memory=shutil.disk_usage("/dev/shm").total if Path("/dev/shm").is_dir() else 0,  # noqa: S108
    )


def postgres_settings(machine: Machine, *, durable: bool) -> dict[str, str]:
    """PostgreSQL's settings for `machine`; `durable=False` is for tests only: a power cut may lose the cluster."""
    memory = machine.memory
    sizes = {
        "shared_buffers": _between(memory // 4, 128 * MB, 4 * GB),
        "effective_cache_size": _between(memory * 6 // 10, 256 * MB, 64 * GB),
        "work_mem": _between(memory // 400, 8 * MB, 64 * MB),
        "maintenance_work_mem": _between(memory // 16, 64 * MB, 1 * GB),
        "max_wal_size": _between(machine.disk_free // 10, 512 * MB, 8 * GB),
        "min_wal_size": 256 * MB,
        "wal_buffers": 16 * MB,
    }
    settings = {name: f"{size // MB}MB" for name, size in sizes.items()}
    settings |= {
        "max_connections": "200",
        "wal_compression": "off",  # the wheel has no lz4, and pglz costs more than it saves
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": str(max(1, machine.cores // 2)),
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "autovacuum_naptime": "20s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Only what stops the server: an error's text may quote personal data.
        "log_min_messages": "fatal",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_line_prefix": "",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
    }
    if not durable:
        settings["shared_buffers"] = "256MB"
    if machine.shared_memory < 256 * MB:  # a container's 64 MB /dev/shm is too small for parallel queries
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def valkey_memory(machine: Machine) -> int:
    """Bytes Valkey may use: it holds wakes, caches and limits only."""
    return _between(machine.memory // 16, 64 * MB, 1 * GB)


def _between(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


def _physical_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cgroup_limit() -> int:
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            return int(text)
    return 1 << 62
