"""Parsers that misbehave, run inside a real worker."""

import os
import signal
import subprocess
import time

from assistant.domain.documents import BlockKind, Page
from assistant.errors import EncryptedDocument
from assistant.ingestion.layout import Parsed, Part, PartKind, Piece


def _parsed(text, *spans):
    pieces = tuple(Piece(BlockKind.PARAGRAPH, (Part(PartKind.TEXT, *span),)) for span in spans or [(0, len(text))])
    return Parsed(text, (Page(1, 0, len(text)),), pieces)


def good(path, limits):
    return _parsed(path.read_text())


def pid(path, limits):
    return _parsed(str(os.getpid()))


def segfault(path, limits):
    os.kill(os.getpid(), signal.SIGSEGV)


def sleep(path, limits):
    time.sleep(60)


def spin(path, limits):
    while True:
        pass


def swallow(path, limits):
    return [bytearray(50 << 20) for _ in range(1000)]


def deep(path, limits):
    return deep(path, limits)


def raises(path, limits):
    raise ZeroDivisionError


def encrypted(path, limits):
    raise EncryptedDocument(path=str(path), reason="password")


def overlap(path, limits):
    return _parsed("abcdef", (0, 4), (2, 6))


def babble(path, limits):
    print("x" * 100_000)
    os.write(1, b"y" * 100)
    return _parsed("ok")


def surrogate(path, limits):
    return _parsed("a\ud800b")


def child(path, limits):
    process = subprocess.Popen(["sleep", "60"])
    path.write_text(str(process.pid))
    time.sleep(60)


def environment(path, limits):
    return _parsed(" ".join(sorted(os.environ)))


def exits(path, limits):
    os._exit(3)
