"""Limits that the kernel holds."""

from __future__ import annotations

import resource


def limit_address_space(most: int, pid: int = 0) -> None:
    """Limit the address space of a process to ``most`` bytes, or to its present limit if that is lower.

    Args:
        most: bytes.
        pid: the process, on Linux only; 0 is this one.
    """
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if pid:
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))
    else:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
