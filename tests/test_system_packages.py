"""A test that lacks its Debian package is skipped with the reason, or fails where CI must have the package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REQUIRED

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = """
import pytest

@pytest.mark.system("no-such-program", "sh")
def test_named_by_the_marker(): ...

@pytest.mark.system
@pytest.mark.skipif(True, reason="needs no-such-language")
def test_skipped_by_itself(): ...

@pytest.mark.system("sh")
def test_present(): ...

def test_skipped_for_another_reason():
    pytest.skip("not today")
"""


@pytest.mark.parametrize(("required", "outcome"), [("", "1 passed, 3 skipped"), ("1", "1 passed, 1 skipped, 2 errors")])
def test_a_missing_package_is_a_skip_with_its_reason_or_a_failure(tmp_path: Path, required: str, outcome: str) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = system: x\n", encoding="utf-8")
    call = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-ra",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", REQUIRED))}
    ran = subprocess.run(call, cwd=ROOT, env=environment | {REQUIRED: required}, capture_output=True, timeout=60)
    said = ran.stdout.decode()
    assert outcome in said
    assert "needs no-such-program: make system" in said
    assert "needs no-such-language" in said
