from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.providers.embedders import store


def write(folder: Path) -> None:
    (folder / "part").mkdir()
    (folder / "part" / "weights.bin").write_bytes(b"w" * 1000)


def rebuilt(folder: Path) -> bool:
    calls: list[Path] = []

    def count(target: Path) -> None:
        calls.append(target)
        write(target)

    store.ensure(folder, count)
    assert store.damage(folder) is None
    return bool(calls)


def flip(path: Path) -> None:
    path.write_bytes(b"x" + path.read_bytes()[1:])


DAMAGES = {
    "a byte": lambda folder: flip(folder / "part" / "weights.bin"),
    "cut short": lambda folder: (folder / "part" / "weights.bin").write_bytes(b"w"),
    "file gone": lambda folder: (folder / "part" / "weights.bin").unlink(),
    "manifest gone": lambda folder: (folder / store.MANIFEST).unlink(),
    "manifest not JSON": lambda folder: (folder / store.MANIFEST).write_text("{"),
    "manifest of another kind": lambda folder: (folder / store.MANIFEST).write_text("[1]"),
}


def test_a_folder_is_built_once(tmp_path):
    assert [rebuilt(tmp_path / "deep" / "model") for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_folder_is_built_again_with_a_warning(tmp_path, caplog, damage):
    folder = tmp_path / "model"
    store.ensure(folder, write)
    damage(folder)
    assert rebuilt(folder)
    assert "building it again" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failed_build_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        write(folder)
        raise RuntimeError("no space")

    with pytest.raises(RuntimeError):
        store.ensure(tmp_path / "model", fail)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_another_builder_finished_meanwhile_stays(tmp_path):
    folder = tmp_path / "model"

    def slow(target: Path) -> None:
        write(target)
        if not folder.exists():
            store.ensure(folder, write)
            os.utime(folder / "part" / "weights.bin", (1, 1))

    store.ensure(folder, slow)
    assert (folder / "part" / "weights.bin").stat().st_mtime == 1
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_killed_builder_is_survived_and_its_remainder_swept_after_an_hour(tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path; from assistant.providers.embedders import store\n"
        "def write(folder):\n"
        "    (folder / 'weights.bin').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.ensure(Path(sys.argv[1]), write)"
    )
    folder = tmp_path / "model"
    killed = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not folder.exists()
    (remainder,) = tmp_path.iterdir()
    assert rebuilt(folder)
    assert remainder.exists()  # it may belong to a builder that still runs
    long_ago = time.time() - 2 * 3600
    os.utime(remainder, (long_ago, long_ago))
    (folder / store.MANIFEST).unlink()
    assert rebuilt(folder)
    assert not remainder.exists()
