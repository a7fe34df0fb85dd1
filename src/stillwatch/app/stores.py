"""The cloud stores that this process can reach, by what its environment says."""

from __future__ import annotations

import os
from collections.abc import Callable

from stillwatch.store.cloud.objects import CloudFiles


def cloud_files() -> CloudFiles:
    """Files of cloud stores, reached as the environment of this process says.

    They travel to executors without it: there, the environment of the executor says how a store is reached, so that no
    credential is part of a task.
    """
    return _OwnEnvironment(os.environ)


class _OwnEnvironment(CloudFiles):
    def __reduce__(self) -> tuple[Callable[[], CloudFiles], tuple[()]]:
        return cloud_files, ()
