"""The server process: uvicorn over the application, and its log."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

import uvicorn

from ...config import WebSettings
from .connections import Patient
from .metrics import SHARED as SHARED_METRICS

__all__ = ["SHARED_METRICS", "run"]
FACTORY = "assistant.presentation.web.app:from_environment"
HEALTH_SECONDS = 30  # a worker that does not answer its supervisor for so long is replaced
BACKLOG = 2048  # connections the kernel holds until they are accepted


class Lines(logging.Formatter):
    """One JSON object a line: whatever was in a message cannot forge a line or steer a terminal (SECURITY row 35)."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "log": record.name, "message": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "assistant.presentation.web.serving.Lines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "assistant.access": {"level": "INFO"},
        "uvicorn.error": {"level": "INFO"},
    },
}


def run(settings: WebSettings) -> None:
    """Serve until told to stop; answers under way are finished first. Does not return before."""
    uvicorn.run(
        FACTORY,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        access_log=False,  # ours names routes instead of addresses with ids in them
        log_config=LOGGING if not sys.stderr.isatty() else LOGGING | {"loggers": {}},  # a person sees what went wrong
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.drain_seconds,
        backlog=BACKLOG,
        http=Patient,
        timeout_worker_healthcheck=HEALTH_SECONDS,
    )
