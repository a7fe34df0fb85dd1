"""Types are read by several threads at once, in a process of its own: what goes wrong there ends it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
from dataclasses import make_dataclass
import msgspec
from stillwatch.model.typed import ready

sys.setswitchinterval(1e-6)
make = {"struct": msgspec.defstruct, "dataclass": make_dataclass}[sys.argv[1]]
text = b"{" + b",".join(b'"x%d":{"a1":1,"a19":3}' % k for k in range(10)) + b"}"
read = []
for i in range(100):
    inner = make(f"Inner{i}", [(f"a{k}", int, 0) for k in range(20)])
    outer = make(f"Outer{i}", [(f"x{k}", inner | None, None) for k in range(10)])
    together = threading.Barrier(4)

    def go():
        together.wait()
        read.append(msgspec.json.decode(text, type=ready(outer)).x9.a19)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(read), set(read))
"""


@pytest.mark.parametrize("kind", ["struct", "dataclass"])
def test_threads_that_first_read_a_type_together(kind: str) -> None:
    """Without `ready` this ends with a segmentation fault (msgspec 0.22.0)."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, kind], capture_output=True, text=True, check=False)
    assert (0, "400 {3}\n") == (done.returncode, done.stdout), done.stderr
