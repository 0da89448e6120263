"""What happens when a build is killed, starved or raced: a short run of the campaign in evals/faults.py."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.errors import IndexBusy
from assistant.indexing import locking

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "trial", [("--kills", 3), ("--races", 3), ("--damage", 6), ("--disk", 2), ("--switches", 5)], ids=lambda t: t[0]
)
def test_nothing_is_lost(trial):
    name, count = trial
    command = [sys.executable, "-m", "evals.faults", name, str(count), "--files", "5", "--paragraphs", "3", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    (tally,) = json.loads(done.stdout)
    if tally["skipped"]:
        pytest.skip(tally["skipped"])
    assert tally["lost"] == []
    assert tally["trials"] == count


def test_the_second_writer_is_told_who_the_first_is_and_soon(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        holder.stdout.readline()
        started = time.monotonic()
        with pytest.raises(IndexBusy) as refused, locking.hold(tmp_path):
            pass
        assert time.monotonic() - started < 1
        assert refused.value.details["pid"] == holder.pid
        assert refused.value.details["since"].endswith("+00:00")
        assert refused.value.exit_code == 75
        assert locking.holder(tmp_path) == (holder.pid, refused.value.details["since"])
    finally:
        holder.kill()
        holder.wait()
    with locking.hold(tmp_path):
        pass
    assert locking.holder(tmp_path) is None


HOLDER = """
import sys, time
from pathlib import Path
from assistant.indexing import locking
with locking.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_forked_child_does_not_keep_the_lock_of_its_dead_parent(tmp_path):
    with locking.hold(tmp_path):
        child = os.fork()
        if child == 0:
            time.sleep(5)
            os._exit(0)
    try:
        with locking.hold(tmp_path):
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
