"""Numbers for Prometheus, without content. Home of the package `prometheus_client`."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from ...domain.answers import Answer
from .admission import Admission

SECONDS = (0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 45.0)
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name: several workers add up their numbers there


class Metrics:
    """Counters of one process; with several workers the page adds them up."""

    def __init__(self, admission: Admission[tuple[Answer, str]]) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "assistant_answers", "Answers given", ["surface", "status", "lang"], registry=self._registry
        )
        self._errors = Counter("assistant_errors", "Requests that ended in an error", ["code"], registry=self._registry)
        self._seconds = Histogram(
            "assistant_answer_seconds",
            "From question to answer, without waiting",
            buckets=SECONDS,
            registry=self._registry,
        )
        waiting = Gauge("assistant_waiting", "Questions waiting", registry=self._registry, multiprocess_mode="livesum")
        if SHARED not in os.environ:
            waiting.set_function(lambda: admission.waiting)
        self._ready = Gauge("assistant_ready", "1 when questions are answered", registry=self._registry)

    def answered(self, answer: Answer, surface: str) -> None:
        """One answer went out."""
        self._answers.labels(surface, answer.status.value, answer.lang).inc()
        self._seconds.observe(answer.seconds)

    def failed(self, code: str) -> None:
        """One request ended in an error of the tree."""
        self._errors.labels(code).inc()

    def text(self, ready: bool) -> bytes:
        """The page Prometheus reads."""
        self._ready.set(1 if ready else 0)
        if SHARED in os.environ:
            shared = CollectorRegistry()
            MultiProcessCollector(shared)
            return generate_latest(shared)
        return generate_latest(self._registry)
