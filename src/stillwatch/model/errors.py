"""The errors Stillwatch raises on purpose.

::

    StillwatchError            anything below; exit code 2
    ├── UsageError             the command or a setting is wrong
    ├── InputError             a file or folder cannot be used (carries file and line)
    │   ├── SchemaError        a table lacks a required column or has the wrong type
    │   └── VanishedError      a file was there when the files were listed and is there no more
    ├── ResourceError          disk, memory or permission ran out; finished stages of a scan stay
    │   └── MemoryLimitError   more memory is needed than there may be
    ├── StateError             a state folder or key file belongs to something else
    ├── RefusedError           a message to or from a partner is refused (carries a reason); nothing changed
    └── ExtensionError         a signal, format or profile is faulty

A message says what was wrong, where, and what to do.
"""

from __future__ import annotations


class StillwatchError(Exception):
    """Base of every error raised on purpose; `remedy` says what the reader can do."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.__str__())

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}" if self.remedy else text


class UsageError(StillwatchError):
    """The command line or a setting is wrong."""


class InputError(StillwatchError):
    """A file or folder cannot be used; `where` is `file` or `file:line`."""


class SchemaError(InputError):
    """A table lacks a required column, or a column has the wrong type."""


class VanishedError(InputError):
    """A file was there when the files were listed, and is not there any more."""


class ResourceError(StillwatchError):
    """Disk, memory or permission ran out; results of earlier runs are untouched."""


class MemoryLimitError(ResourceError):
    """More memory is needed than the limit allows; run again with more, and a scan goes on where it was."""


class StateError(StillwatchError):
    """A state folder, scratch folder or key file belongs to something else."""


class RefusedError(StillwatchError):
    """A message to or from a partner is refused; `reason` is a short code that both sides may see."""

    def __init__(self, reason: str, what: str, *, where: str = "", remedy: str = "") -> None:
        self.reason = reason
        super().__init__(what, where=where, remedy=remedy)


class ExtensionError(StillwatchError):
    """A signal, log format or profile is faulty; `where` names its file."""
