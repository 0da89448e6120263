"""A file from a browser becomes an upload with its verdict: read in the sandbox, in a process apart."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from ....domain.conversations import Account
from ....domain.documents import Chunk, Metadata, Outcome, Verdict, Warning_
from ....errors import IndexError_, TooLarge
from ....indexing.records import PreparedDocument
from ....service import Service
from . import apart
from .shelf import FIELDS, NAME, PREVIEWED, Examined, Piece, Shelf, Upload

SPARE = 3  # times its size must be free on the disk before a file is taken


def shelf_of(service: Service) -> Shelf:
    """The folders of a service."""
    return Shelf(service.settings.corpus, service.settings.data)


async def receive(service: Service, account: Account, name: str, size: int, body: AsyncIterator[bytes]) -> Upload:
    """Take a file of `size` bytes and judge it. Raises TooLarge, OSError when the disk is nearly full."""
    shelf, limit = shelf_of(service), service.settings.staff.upload_mb << 20
    with shelf.arriving() as place:
        if shutil.disk_usage(place.parent).free < SPARE * size:
            raise OSError(None, service.words[service.settings.lang].text("reasons.disk_full"))
        written = 0
        with place.open("wb") as file:
            async for part in body:
                written += len(part)
                if written > limit:
                    raise TooLarge(limit=limit >> 10)
                await run_in_threadpool(file.write, part)
        return await run_in_threadpool(_taken, service, account, name, place)


def judged(service: Service, upload: Upload) -> Upload:
    """Read it, and keep what was found out."""
    shelf = shelf_of(service)
    ((verdict, made),) = apart.run(apart.examine, service.settings, shelf.folder(upload.id))
    verdict = replace(verdict, path=upload.name, warnings=(*verdict.warnings, *_same(service, verdict)))
    return shelf.judge(upload, _examined(verdict, made, upload))


def piece(chunk: Chunk) -> Piece:
    """A chunk as it is previewed."""
    return Piece(chunk.pages, chunk.headings, chunk.tokens, chunk.text)


def fields(metadata: Metadata) -> dict[str, str]:
    """What a document says of itself, as the form has it."""
    return {name: getattr(metadata, name) for name in FIELDS}


def _taken(service: Service, account: Account, name: str, file: Path) -> Upload:
    upload = judged(service, shelf_of(service).receive(file, name, account.name))
    outcome = upload.examined.verdict.outcome.value if upload.examined else ""
    details = {"upload": upload.id, "bytes": upload.bytes, "outcome": outcome}
    service.stores.audit.note(account.name, "document_uploaded", upload.name, **details)
    return upload


def _same(service: Service, verdict: Verdict) -> tuple[Warning_, ...]:
    """Whether the corpus has this very file already."""
    known: list[str] = []
    with suppress(IndexError_):
        known = [path for identity, path, *_ in service.documents() if identity == verdict.document_id]
    return tuple(Warning_("duplicate_of", {"path": path}) for path in known)


def _examined(verdict: Verdict, made: PreparedDocument | None, upload: Upload) -> Examined:
    if made is None:
        return Examined(verdict)
    if verdict.warnings:
        verdict = replace(verdict, outcome=Outcome.WARNED)
    said = fields(made.document.metadata)
    if said["title"] == NAME:  # our name for the file; its owner's says more
        said["title"] = Path(upload.name).stem
    pieces = tuple(piece(prepared.chunk) for prepared in made.chunks[:PREVIEWED])
    return Examined(verdict, said, len(made.document.pages), len(made.chunks), pieces)
