"""Scanned pages read by tesseract, when it and its Polish are installed.

Separate because it is another program: found, fed with a picture, given a time limit.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from statistics import median

from .furniture import is_noise
from .geometry import Word

LANGUAGES = ("pol", "eng")
_BULLETS = frozenset("¢©®°«»¤*+eo")  # what a bullet is read as

LOWEST_CONFIDENCE = 30  # of 100; specks read as letters stay below


@cache
def languages() -> frozenset[str]:
    """Languages tesseract can read; empty when it is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return frozenset()
    try:
        done = subprocess.run([program, "--list-langs"], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(done.stdout.decode("utf-8", "replace").split("\n")[1:])


def can_read() -> bool:
    """Whether Polish pages can be read here."""
    return "pol" in languages()


def read(picture: tuple[int, int, float, bytes], seconds: float) -> list[list[Word]] | None:
    """Lines of words from (width, height, points a pixel, grey bytes); None when it took too long or failed."""
    width, height, points, pixels = picture
    chosen = "+".join(lang for lang in LANGUAGES if lang in languages())
    try:
        done = subprocess.run(
            ["tesseract", "stdin", "stdout", "-l", chosen, "--psm", "3", "tsv"],
            input=b"P5\n%d %d\n255\n" % (width, height) + pixels,
            capture_output=True,
            timeout=seconds,
            check=True,
            env=_quiet(os.environ),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return lines_of(done.stdout.decode("utf-8", "replace"), points)


def lines_of(table: str, points: float) -> list[list[Word]]:
    """Lines of words from tesseract's TSV, without specks. `points` is the size of a pixel."""
    found: dict[tuple[str, str, str], list[tuple[str, int, int, int, int]]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        try:
            if row["level"] != "5" or float(row["conf"]) < LOWEST_CONFIDENCE or not row["text"].strip():
                continue
            place = tuple(int(row[key]) for key in ("left", "top", "width", "height"))
        except (KeyError, TypeError, ValueError):
            continue
        key = (row["block_num"], row["par_num"], row["line_num"])
        found.setdefault(key, []).append((row["text"].strip(), place[0], place[1], place[2], place[3]))
    lines = [words for words in found.values() if not is_noise(" ".join(word[0] for word in words))]
    heights = _alike([median(word[4] for word in words) for words in lines])
    return [_words(words, height, points) for words, height in zip(lines, heights, strict=True)]


def _alike(heights: list[float]) -> list[float]:
    """Type sizes: boxes of letters vary with the letters, so only clearly larger lines are larger,
    and neighbours among them are alike."""
    usual = median(heights) if heights else 0.0
    result: list[float] = []
    for height in heights:
        if height <= 1.4 * usual:
            result.append(usual)
        elif result and result[-1] > usual and 0.7 < height / result[-1] < 1.4:
            result.append(result[-1])
        else:
            result.append(height)
    return result


def _words(words: list[tuple[str, int, int, int, int]], height: float, points: float) -> list[Word]:
    size = height * points * 1.25
    base = max(top + tall for _, _, top, _, tall in words) * points - 0.15 * size
    placed = [Word(text, left * points, (left + wide) * points, base, size) for text, left, _, wide, _ in words]
    if len(placed) > 1 and placed[0].text in _BULLETS and placed[1].x0 - placed[0].x1 > 0.4 * size:
        placed[0] = placed[0]._replace(text="•")
    return placed


def _quiet(environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "OMP_THREAD_LIMIT": "1"}
