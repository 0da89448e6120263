"""Commands of the operator: `serve`, `staff`, `erase`, `switch`, `widget`. Registered by `cli`."""

from __future__ import annotations

import base64
import getpass
import hashlib
import html
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import config, service
from ..domain.conversations import Role
from ..errors import NotThere, UsageError
from ..prompts import load_words
from . import render, schemas

ACTOR = "cli"
Json = Annotated[bool, typer.Option("--json")]
Indexes = Annotated[Path | None, typer.Option()]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def register(app: Any) -> None:
    """Add the commands to the application."""
    app.command("serve")(serve)
    app.command("erase")(erase)
    for name, commands in GROUPS.items():
        group = typer.Typer(no_args_is_help=True)
        for command, function in commands.items():
            group.command(command)(function)
        app.add_typer(group, name=name)


def serve(
    host: Annotated[str | None, typer.Option()] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=32)] = None,
    corpus: Annotated[Path | None, typer.Option()] = None,
    indexes: Indexes = None,
) -> None:
    from .web import serving

    given = {"WEB__HOST": host, "WEB__PORT": port, "WEB__WORKERS": workers, "CORPUS": corpus, "INDEXES": indexes}
    # worker processes read their settings anew, so what was given on the command line goes where they look
    os.environ.update({config.PREFIX + name: str(value) for name, value in given.items() if value is not None})
    settings = config.load()
    words = service.build(settings).words[settings.lang]
    shown = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    render.console(stderr=True).print(words.text("cli.serve.started", address=f"http://{shown}:{settings.web.port}"))
    if settings.web.workers > 1:
        os.environ.setdefault(serving.SHARED_METRICS, tempfile.mkdtemp(prefix="assistant-metrics-"))
    serving.run(settings.web)


def staff_add(
    name: str,
    role: Annotated[Role, typer.Option()] = Role.EDITOR,
) -> None:
    built = _service()
    built.stores.accounts.create(name, _password(built), role)
    built.stores.audit.note(ACTOR, "account_created", name, role=role.value)
    _say(built, "cli.staff.added", name=name)


def staff_password(name: str) -> None:
    built = _service()
    built.stores.accounts.set_password(name, _password(built))
    built.stores.audit.note(ACTOR, "password_changed", name)
    _say(built, "cli.staff.changed", name=name)


def staff_remove(name: str) -> None:
    built = _service()
    built.stores.accounts.remove(name)
    built.stores.audit.note(ACTOR, "account_removed", name)
    _say(built, "cli.staff.removed", name=name)


def staff_list(as_json: Json = False) -> None:
    built = _service()
    rows = [
        {"name": account.name, "role": account.role.value, "created_at": account.created_at.isoformat()}
        for account in built.stores.accounts.list()
    ]
    if as_json:
        return print(schemas.line({"accounts": rows}))
    if not rows:
        return _say(built, "cli.staff.none")
    for row in rows:
        print(render.safe("  ".join(row.values())))


def switch_close(reason: str) -> None:
    built = _service()
    built.stores.switch.close(reason, ACTOR)
    _say(built, "cli.switch.closed")


def switch_open() -> None:
    built = _service()
    built.stores.switch.open(ACTOR)
    _say(built, "cli.switch.opened")


def switch_state(as_json: Json = False) -> None:
    built = _service()
    state = built.stores.switch.state()
    if as_json:
        return print(schemas.line({"open": state.open, "reason": state.reason, "actor": state.actor}))
    _say(built, "cli.switch.opened" if state.open else "cli.switch.closed")


def erase(
    conversations: Annotated[list[str] | None, typer.Argument()] = None,
    prove: Annotated[bool, typer.Option("--prove")] = False,
    text: Annotated[list[str] | None, typer.Option()] = None,
    also: Annotated[list[Path] | None, typer.Option()] = None,
    as_json: Json = False,
) -> None:
    ids, texts = conversations or [], text or []
    if not ids and not (prove and texts):
        raise UsageError(reason="CONVERSATION / --prove --text")
    built = _service()
    erased = built.stores.erase(ids, ACTOR)
    report: dict[str, Any] = {"conversations": erased.conversations, "messages": erased.messages}
    if prove:
        # what people ask may stand in the documents too, so it is looked for only where people's words are kept
        kept, others = [built.settings.data], [built.settings.indexes, built.settings.corpus, *(also or [])]
        proofs = [
            built.stores.prove(_there(kept), [*erased.ids, *ids, *erased.texts, *texts]),
            built.stores.prove(_there(others), [*erased.ids, *ids, *texts]),
        ]
        report |= {
            "database": proofs[0].database,
            "files": sum(proof.files for proof in proofs),
            "bytes": sum(proof.bytes for proof in proofs),
            "hits": sorted({hit for proof in proofs for hit in proof.hits}),
        }
    if as_json:
        print(schemas.line(report))
    else:
        _say(built, "cli.erase.done", conversations=erased.conversations, messages=erased.messages)
        if prove:
            _say(built, "cli.erase.proof", files=report["files"], bytes=report["bytes"], hits=len(report["hits"]))
            for file, offset in report["hits"]:
                print(render.safe(f"{file}: {offset}"))
    sys.exit(65 if report.get("hits") else 0)


def _there(folders: Sequence[Path]) -> list[Path]:
    return [folder for folder in folders if folder.exists()]


def widget_snippet(site: str) -> None:
    from .web.pages import LOADER

    settings = config.load()
    if site not in settings.web.widgets:
        raise NotThere()
    widget = settings.web.widgets[site]
    digest = base64.b64encode(hashlib.sha384(LOADER.read_bytes()).digest()).decode()
    address = settings.web.public_url or f"http://{settings.web.host}:{settings.web.port}"
    words = load_words(settings.prompts)[widget.lang]
    label = html.escape(widget.title or words.text("web.title"))
    print(
        f'<a href="{address}/rozmowa?lang={widget.lang}">{label}</a>\n'
        f'<script src="{address}/widget/loader.js" integrity="sha384-{digest}" crossorigin="anonymous"'
        f' data-site="{site}" data-lang="{widget.lang}" data-label="{label}" data-accent="{widget.accent}"'
        " defer></script>"
    )


GROUPS: dict[str, dict[str, Callable[..., None]]] = {
    "staff": {"add": staff_add, "password": staff_password, "remove": staff_remove, "list": staff_list},
    "switch": {"close": switch_close, "open": switch_open, "state": switch_state},
    "widget": {"snippet": widget_snippet},
}


def _service() -> service.Service:
    built = service.build(config.load())
    built.stores.database.upgrade()
    return built


def _password(built: service.Service) -> str:
    """Typed twice on a terminal, or one line of a pipe."""
    words = built.words[built.settings.lang]
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(words.text("cli.staff.ask", least=built.settings.staff.min_password))
    if first != getpass.getpass(words.text("cli.staff.again")):
        raise UsageError(reason=words.text("cli.staff.differ"))
    return first


def _say(built: service.Service, key: str, **details: Any) -> None:
    render.console().print(render.safe(built.words[built.settings.lang].text(key, **details)))
