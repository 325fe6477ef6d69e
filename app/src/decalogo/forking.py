"""Memory that the processes of a service share after a fork."""

from __future__ import annotations

import gc


def keep_shared() -> None:
    """Leave all that is there out of later garbage collections; to be called right before a fork.

    A full collection writes to every object and so copies its page: 20 MiB in each of the API's processes, some ten
    minutes after its start under load.
    """
    gc.collect()
    gc.freeze()
