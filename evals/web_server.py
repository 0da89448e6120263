"""The server that the web bench drives: the real command as a process, and what it uses and leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]

STARTING = 300.0  # seconds for a server to be ready; a first one builds the index
STOPPING = 60.0
NEVER = 999.0  # seconds: what was waited for did not come about
MEGABYTE = 1 << 20
BUSY = ("user", "nice", "system", "irq", "softirq")  # guests' time is in user's
COMMAND = str(Path(sys.executable).parent / "assistant")


@dataclass(frozen=True)
class Place:
    """Where servers of a run work: a folder for their data, and settings (environment variables) they all get."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def environment(self, data: Path, **settings: object) -> dict[str, str]:
        """The environment of a process over a data folder; settings by name: WEB__QUEUE=60."""
        given = {f"ASSISTANT_{name}": str(value) for name, value in settings.items()}
        return {**os.environ, **self.environ, "ASSISTANT_DATA": str(data), **given}


class Server:
    """`assistant serve` on a free port over a data folder of its own."""

    def __init__(self, place: Place, name: str, workers: int = 1, **settings: object) -> None:
        self.data = place.folder / name / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.log = place.folder / name / "log"
        self.port, self.workers = free_port(), workers
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = place.environment(self.data, **settings)
        self._process: psutil.Popen | None = None

    @property
    def process(self) -> psutil.Popen:
        """The one that was started."""
        assert self._process is not None
        return self._process

    @property
    def database(self) -> Path:
        """SQLite's file."""
        return self.data / "assistant.sqlite3"

    def start(self) -> float:
        """Start and wait until every worker answers and the index is up to date; seconds it took."""
        started = time.monotonic()
        command = [COMMAND, "serve", "--port", str(self.port), "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            # its own folder: an assistant.toml of the checkout is not the bench's
            self._process = psutil.Popen(command, env=self._environment, cwd=self.data, stdout=log, stderr=log)
        ready: set[int] = set()
        while len(ready) < self.workers or not self._settled():
            if not self.process.is_running() or self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log.read_text(encoding='utf-8')[-2000:]}")
            if time.monotonic() - started > STARTING:
                raise RuntimeError(f"the server was not ready after {STARTING:.0f} s: {self.log}")
            if found := self.answering():
                ready.add(found)
            time.sleep(0.05)
        return time.monotonic() - started

    def answering(self) -> int:
        """The process that took a fresh connection and said it is ready; 0 when none did."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            if not connection.recv(12).endswith(b"200"):
                return 0
            ours = connection.getsockname()[1]
            for process in self.processes():
                with suppress(psutil.Error):
                    if any(c.raddr and c.raddr.port == ours for c in process.net_connections("tcp4")):
                        return int(process.pid)
        return 0

    def processes(self) -> list[Any]:
        """Ours and its children."""
        with suppress(psutil.Error):
            return [self.process, *self.process.children(recursive=True)]
        return []

    def worker_pids(self) -> list[int]:
        """Processes that take connections, oldest first; the server itself when it has no workers."""
        if self.workers == 1:
            return [self.process.pid]
        found = []
        for process in self.process.children():
            with suppress(psutil.Error):
                if "spawn_main" in " ".join(process.cmdline()):
                    found.append(process)
        return [process.pid for process in sorted(found, key=lambda one: one.create_time())]

    def rss(self) -> float:
        """Megabytes in memory, all processes together (what they share is counted for each)."""
        total = 0
        for process in self.processes():
            with suppress(psutil.Error):
                total += process.memory_info().rss
        return round(total / MEGABYTE, 1)

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        total = 0.0
        for process in self.processes():
            with suppress(psutil.Error):
                used = process.cpu_times()
                total += used.user + used.system
        return total

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of ours over the same data, e.g. ("switch", "close", "…")."""
        return subprocess.run(
            [COMMAND, *arguments], env=self._environment, cwd=self.data, capture_output=True, text=True
        )

    def stop(self) -> tuple[float, int]:
        """SIGTERM; (seconds until it had ended, its exit code)."""
        started = time.monotonic()
        left = self.processes()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOPPING)
        except psutil.TimeoutExpired:
            code = -1
        seconds = time.monotonic() - started
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        return seconds, int(code or 0)

    def requests(self) -> Iterator[dict[str, Any]]:
        """The server's own log of requests: method, route, status, ms until the response began."""
        return (line for line in self._lines() if line.get("log") == "assistant.access")

    def faults(self) -> list[str]:
        """Lines of the log at level error, and whatever is not a line of the log (a traceback)."""
        return [str(line.get("message", line)) for line in self._lines() if line.get("level", "error") == "error"]

    def died(self) -> int:
        """Workers that the server found dead, or did not hear from and killed."""
        return sum(str(line.get("message", "")).endswith("] died") for line in self._lines())

    def _lines(self) -> Iterator[dict[str, Any]]:
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict):
                    yield told
                continue
            if line.startswith(("Traceback", "Exception")):
                yield {"message": line}

    def _settled(self) -> bool:
        try:
            state = httpx.get(f"{self.url}/api/v1/state", timeout=2, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(state["ready"] and not state["stage"])


@contextmanager
def serving(place: Place, name: str, workers: int = 1, **settings: object) -> Iterator[Server]:
    """A server that is ready, until the end of the block."""
    server = Server(place, name, workers, **settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@dataclass
class Meter:
    """Memory of a server, and processor time of it, of the bench and of everybody else, between two moments."""

    server: Server
    megabytes: list[float] = field(default_factory=list)
    seconds: float = 0.0
    server_cpu: float = 0.0
    bench_cpu: float = 0.0
    machine_cpu: float = 0.0

    async def __aenter__(self) -> Meter:
        self._began, self._server = time.monotonic(), self.server.cpu()
        self._bench, self._machine = time.process_time(), _busy()
        self.megabytes.append(self.server.rss())
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        self.megabytes.append(self.server.rss())
        self.seconds = time.monotonic() - self._began
        self.server_cpu = self.server.cpu() - self._server
        self.bench_cpu, self.machine_cpu = time.process_time() - self._bench, _busy() - self._machine

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.megabytes.append(await asyncio.to_thread(self.server.rss))

    @property
    def processors(self) -> str:
        """Cores kept busy."""
        others = max(0.0, self.machine_cpu - self.server_cpu - self.bench_cpu)
        shares = {"server": self.server_cpu, "bench": self.bench_cpu, "others and kernel": others}
        return ", ".join(f"{name} {seconds / self.seconds:.2f}" for name, seconds in shares.items())


def _busy() -> float:
    """Seconds of processor time the whole machine has spent, all cores together."""
    spent = psutil.cpu_times()
    return float(sum(getattr(spent, kind, 0.0) for kind in BUSY))


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(true: Callable[[], bool], seconds: float, pause: float = 0.05) -> float:
    """Seconds until something is so, asked in a thread; NEVER when it is not in time."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if await asyncio.to_thread(true):
            return time.monotonic() - started
        await asyncio.sleep(pause)
    return NEVER
