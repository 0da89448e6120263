"""The command `assistant` (Typer): each command converts its input, makes one service call, shows what came back.

Help texts are words, so they come from `prompts/ui` when the command starts. Exit codes are those of
the error tree; 0 means done.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import config, service
from ..domain.answers import Answer
from ..domain.documents import Outcome
from ..errors import AssistantError, DatasetError, QuestionError, UsageError
from ..prompts import LANGUAGES, Words, load_words
from . import administration, evaluation, guided, render, schemas

Indexes = Annotated[Path | None, typer.Option()]
Json = Annotated[bool, typer.Option("--json")]
Lang = Annotated[str | None, typer.Option()]
Report = Annotated[Path | None, typer.Option()]
# Typer's own words in a help page, and their keys in `[cli.labels]`
LABELS = {
    r"(?m)^Usage:": "usage",
    r"(?m)^Options:$": "options",
    r"(?m)^Arguments:$": "arguments",
    r"(?m)^Commands:$": "commands",
    r"\[OPTIONS\]": "options_place",
    r"COMMAND \[ARGS\]\.\.\.": "command_place",
    r"Show this message and exit\.": "help",
    r"\[required\]": "required",
}
CHAT_ENDS = {"koniec", "wyjdź", "exit", "quit", "q"}


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script; `arguments` default to the process's own. Ends in SystemExit."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _forgiving_streams()
    try:
        sys.exit(_run(arguments, load_words(config.ROOT / "prompts")[_lang()]))
    except AssistantError as error:
        _fail(error, as_json="--json" in arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)


def application(words: Words) -> Any:
    """The click command with help texts in one language."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    for command in (index, ask, search, chat, verify, doctor, documents):
        app.command(command.__name__)(command)
    evaluate = typer.Typer(no_args_is_help=True)
    for measure in (beir, answers, conversations, answerability, compare, gate, fit):
        evaluate.command(measure.__name__)(measure)
    app.add_typer(evaluate, name="eval")
    administration.register(app)
    guided.register(app)
    root = typer.main.get_command(app)
    _describe(root, words, "cli")
    return root


def _run(arguments: Sequence[str], words: Words) -> int:
    """The exit code of one command line. Raises AssistantError, BrokenPipeError, SystemExit."""
    try:
        return application(words).main(arguments, prog_name="assistant", standalone_mode=False) or 0
    except (AssistantError, BrokenPipeError):
        raise
    except typer.Abort:
        return 1
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error, file=sys.stderr)
            return UsageError.exit_code
        raise _named(error, words) from error


# commands


def index(
    corpus: Annotated[Path | None, typer.Option()] = None,
    indexes: Indexes = None,
    full: Annotated[bool, typer.Option("--full")] = False,
    as_json: Json = False,
) -> None:
    built = _service(corpus=corpus, indexes=indexes)
    words = built.words[built.settings.lang]
    with _progress(words, quiet=as_json) as progress:
        report = built.index(progress, full)
    rows = [schemas.verdict(verdict, words) for verdict in report.verdicts]
    if as_json:
        return _print_json({**asdict(report), "verdicts": rows})
    console = render.console()
    if rows and (not report.up_to_date or any(row["outcome"] == Outcome.REFUSED for row in rows)):
        console.print(render.verdicts(rows, words))
    key = "cli.up_to_date" if report.up_to_date else "cli.indexed"
    counts = report.counts
    console.print(words.text(key, documents=counts.documents, chunks=counts.chunks, generation=report.generation))
    if not counts.documents:
        console.print(render.safe(words.text("cli.empty", path=built.settings.corpus)))


def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    lang: Lang = None,
    batch: Annotated[Path | None, typer.Option()] = None,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    _known(lang)
    if (question is None) == (batch is None):
        raise UsageError(reason="QUESTION / --batch")
    built = _service(indexes=indexes)
    if batch is not None:
        sys.exit(_batch(built, batch, lang))
    answer = built.ask(_text(question or ""), lang)
    if as_json:
        return _print_json(schemas.answer(answer))
    _show(built, answer)


def search(
    query: str,
    k: Annotated[int | None, typer.Option("-k", min=1, max=100)] = None,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    built = _service(indexes=indexes)
    started = time.perf_counter()
    found = built.search(_text(query), k)
    if as_json:
        return _print_json(schemas.search(found, time.perf_counter() - started))
    words = built.words[built.settings.lang]
    render.console().print(render.passages(found, words) if found.passages else words.text("answers.not_found"))


def chat(indexes: Indexes = None) -> None:
    built = _service(indexes=indexes)
    words = built.words[built.settings.lang]
    console = render.console()
    with _progress(words) as progress:
        report = built.index(progress)
    refused = [verdict for verdict in report.verdicts if verdict.outcome is Outcome.REFUSED]
    if refused:
        console.print(render.verdicts([schemas.verdict(verdict, words) for verdict in refused], words))
    console.print(words.text("cli.welcome", documents=report.counts.documents))
    earlier: list[str] = []
    for question in _questions(words):
        try:
            answer = built.ask(question, None, earlier)
        except AssistantError as error:  # the next question may be luckier
            _complain(error, words)
            continue
        if answer.generation:  # what was stopped before looking is nothing to lean on
            earlier.append(answer.question)
        _show(built, answer)
        if answer.generation and (mode := built.guided.proposed(answer.question, answer.lang)):
            console.print(words.text("cli.dialogue.proposed", id=mode.id, title=mode.title[answer.lang]))
    console.print(words.text("cli.goodbye"))


def verify(
    strict: Annotated[bool, typer.Option("--strict")] = False, indexes: Indexes = None, as_json: Json = False
) -> None:
    built = _service(indexes=indexes)
    report = built.verify(strict)
    if as_json:
        _print_json({**asdict(report), "ok": report.ok})
    else:
        _checks(built, report.checks)
    sys.exit(0 if report.ok else 65)


def doctor(indexes: Indexes = None, as_json: Json = False) -> None:
    built = _service(indexes=indexes)
    checks = list(built.doctor())
    if as_json:
        words = built.words[built.settings.lang]
        _print_json({"checks": [schemas.check(check, words) for check in checks]})
    else:
        _checks(built, checks)
    sys.exit(0 if all(check.ok for check in checks) else 70)


def documents(indexes: Indexes = None, as_json: Json = False) -> None:
    built = _service(indexes=indexes)
    words = built.words[built.settings.lang]
    rows = [
        {"id": name, "path": path, "chunks": chunks, "pages": pages, **asdict(metadata)}
        for name, path, metadata, chunks, pages in built.documents()
    ]
    verdicts = [schemas.verdict(verdict, words) for verdict in built.verdicts()]
    if as_json:
        return _print_json({"documents": rows, "verdicts": verdicts})
    empty = words.text("cli.empty", path=built.settings.corpus)
    render.console().print(render.verdicts(verdicts, words) if verdicts else render.safe(empty))


# evaluation


def beir(
    folder: Path,
    k: Annotated[int, typer.Option("-k", min=1, max=100)] = 10,
    variant: Annotated[list[str] | None, typer.Option()] = None,
    quotes: Annotated[bool, typer.Option("--quotes")] = False,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    from ..evaluation import datasets, runner
    from ..evaluation.variants import VARIANTS

    chosen = variant or ["original"]
    if unknown := set(chosen) - set(VARIANTS):
        raise UsageError(reason=f"--variant {sorted(unknown)[0]} ({', '.join(VARIANTS)})")
    data = datasets.read_beir(folder)
    built = _service(indexes=indexes)
    words = built.words[built.settings.lang]
    with _progress(words, quiet=as_json) as progress:
        over = built.over_texts(data.corpus, progress)
        retrieve = _retrieve(over, k)
        rows = [runner.beir(data, retrieve, name, k, _stepper(progress, name, len(data.queries))) for name in chosen]
        report: dict[str, Any] = {"dataset": str(folder), "variants": rows}
        if quotes:
            step = _stepper(progress, "quotes", len(data.queries))
            report["quotes"] = runner.quotes(list(data.queries.values()), over.ask, over.library, step)
    _figures(report, as_json)


def answers(
    files: Annotated[list[Path], typer.Argument()],
    variant: Annotated[list[str] | None, typer.Option()] = None,
    report: Report = None,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    from ..evaluation import datasets

    _evaluated([case for file in files for case in datasets.read_cases(file)], files, variant, report, indexes, as_json)


def conversations(
    files: Annotated[list[Path], typer.Argument()],
    report: Report = None,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    from ..evaluation import datasets

    turns = [case for file in files for case in datasets.read_cases(file) if case.conversation]
    _evaluated(turns, files, None, report, indexes, as_json)


def compare(a: Path, b: Path, as_json: Json = False) -> None:
    from ..evaluation import compare as comparing

    before, after = comparing.read_report(a), comparing.read_report(b)
    found = comparing.compare(before, after)
    lost, won = comparing.flips(before, after)
    if as_json:
        rows = [{**asdict(difference), "verdict": difference.verdict} for difference in found]
        _print_json({"differences": rows, "lost": lost, "won": won})
    else:
        words = load_words(config.ROOT / "prompts")[_lang()]
        render.console().print(evaluation.differences(found, lost, won, words))
    sys.exit(1 if any(difference.verdict == "worse" for difference in found) else 0)


def gate(
    files: Annotated[list[Path] | None, typer.Argument()] = None,
    thresholds: Annotated[Path, typer.Option()] = config.ROOT / "evals" / "thresholds.toml",
    baseline: Annotated[Path, typer.Option()] = config.ROOT / "evals" / "baselines" / "handbooks.json",
    variant: Annotated[list[str] | None, typer.Option()] = None,
    accept: Annotated[bool, typer.Option("--accept")] = False,
    report: Report = None,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    from ..evaluation import compare as comparing
    from ..evaluation import datasets

    sets = files or sorted((config.ROOT / "evals" / "sets").glob("*.jsonl"))
    bars = comparing.read_thresholds(thresholds)
    before = comparing.read_report(baseline) if baseline.exists() and not accept else None
    built = _service(indexes=indexes)
    with _progress(built.words[built.settings.lang], quiet=as_json) as progress:
        built.index(progress)
    cases = [case for file in sets for case in datasets.read_cases(file)]
    result = _measured(built, cases, sets, variant, as_json)
    _written(result, report, built)
    found = comparing.failures(result, bars, before)
    if accept:
        baseline.parent.mkdir(parents=True, exist_ok=True)
        baseline.write_text(evaluation.baseline(result), encoding="utf-8")
    if as_json:
        _print_json({"figures": result["figures"], "failures": [asdict(failure) for failure in found]})
    else:
        render.console().print(evaluation.summary(result, built.words[built.settings.lang]))
        render.console().print(evaluation.failures(found, built.words[built.settings.lang]))
    sys.exit(1 if found else 0)


def _evaluated(
    cases: Sequence[Any],
    files: Sequence[Path],
    variant: Sequence[str] | None,
    report: Path | None,
    indexes: Path | None,
    as_json: bool,
) -> None:
    built = _service(indexes=indexes)
    result = _measured(built, cases, files, variant, as_json)
    _written(result, report, built)
    if as_json:
        return _print_json(result)
    render.console().print(evaluation.summary(result, built.words[built.settings.lang]))


def _measured(
    built: service.Service, cases: Sequence[Any], files: Sequence[Path], variant: Sequence[str] | None, quiet: bool
) -> dict[str, Any]:
    """The report of these cases and their variants."""
    from ..evaluation import judging
    from ..evaluation import summary as figures
    from ..evaluation.variants import VARIANTS

    if unknown := set(variant or ()) - set(VARIANTS):
        raise UsageError(reason=f"--variant {sorted(unknown)[0]} ({', '.join(VARIANTS)})")
    asked = [*cases, *(case for name in variant or () for case in judging.varied(cases, name))]
    built.warm()
    with _progress(built.words[built.settings.lang], quiet=quiet) as progress:
        rows = judging.judge(asked, built, _stepper(progress, "answers", len(asked)))
    return figures.report(rows, {"sets": [file.name for file in files], "generation": built.generation})


def _written(result: dict[str, Any], folder: Path | None, built: service.Service) -> None:
    """The report as report.json, report.md and report.html in a folder."""
    if folder is not None:
        evaluation.write(result, folder, built.words[built.settings.lang])


def answerability(folder: Path, indexes: Indexes = None, as_json: Json = False) -> None:
    from ..evaluation import datasets, runner

    data = datasets.read_beir(folder)
    impossible = folder / "impossible.jsonl"
    extra = datasets.read_questions(impossible) if impossible.exists() else {}
    built = _service(indexes=indexes)
    bars = built.weights.bars
    with _progress(built.words[built.settings.lang], quiet=as_json) as progress:
        over = built.over_texts(data.corpus, progress)
        ids = {path: name for name, path, *_ in over.documents()}
        report = runner.answerability(
            data,
            extra,
            lambda question, without: runner.Sample(*over.certainty(question, [ids[path] for path in without])),
            {"answered": bars.answered, "partial": bars.partial},
            _stepper(progress, "answerability", len(data.queries)),
        )
    _figures(report, as_json)


def fit(
    folder: Path,
    questions: Annotated[Path | None, typer.Option()] = None,
    output: Annotated[Path | None, typer.Option()] = None,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    from ..evaluation import datasets, refit

    data = datasets.read_beir(folder)
    cases = datasets.read_cases(questions) if questions else []
    built = _service(indexes=indexes)
    target = output or service.WEIGHTS_FILE
    if target != service.WEIGHTS_FILE:
        target.write_bytes(service.WEIGHTS_FILE.read_bytes())
    with _progress(built.words[built.settings.lang], quiet=as_json) as progress:
        report = refit.refit(
            target,
            folder.name,
            data,
            built.over_texts(data.corpus, progress),
            built if cases else None,
            cases,
            lambda stage, total: _stepper(progress, stage, total),
        )
    _figures(report, as_json)


# between the terminal and the service


def _service(corpus: Path | None = None, indexes: Path | None = None) -> service.Service:
    return service.build(config.load(corpus=corpus, indexes=indexes))


def _lang() -> str:
    """The language of help and messages, without failing on broken settings."""
    try:
        return config.load().lang
    except AssistantError:
        return LANGUAGES[0]


def _known(lang: str | None) -> None:
    if lang is not None and lang not in LANGUAGES:
        raise UsageError(reason=f"--lang {lang} ({', '.join(LANGUAGES)})")


def _text(argument: str) -> str:
    """An argument as text; bytes that were no UTF-8 become the replacement character."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _batch(built: service.Service, file: Path, lang: str | None) -> int:
    """One answer a line, same order; a line that cannot be answered gives an error object and exit code 65."""
    code = 0
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise DatasetError(path=str(file), reason=error.strerror or str(error)) from None
    for line in lines:
        if not line.strip():
            continue
        row: dict[str, Any] = {}
        try:
            row = _row(line)
            result = schemas.answer(built.ask(_question(row), row.get("lang") or lang))
        except AssistantError as error:
            code = error.exit_code
            result = {"error": schemas.error(error, built.words[lang or built.settings.lang])}
        _print_json({"id": row.get("id"), **result})
    return code


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise QuestionError(reason=str(error)) from None
    if not isinstance(row, dict):
        raise QuestionError(reason='{"id": …, "question": "…"}')
    return row


def _question(row: dict[str, Any]) -> str:
    if not isinstance(row.get("question"), str):
        raise QuestionError(reason='{"id": …, "question": "…"}')
    if row.get("lang") not in (None, *LANGUAGES):
        raise QuestionError(reason=f"lang: {row['lang']}")
    return str(row["question"])


def _questions(words: Words) -> Iterator[str]:
    while True:
        try:
            question = input(words.text("cli.prompt"))
        except EOFError:
            print()
            return
        if question.strip().lower() in CHAT_ENDS:
            return
        if question.strip():
            yield _text(question)


def _show(built: service.Service, answer: Answer) -> None:
    contexts = [render.Context(*built.context(c, answer.generation, render.CONTEXT_CHARS)) for c in answer.citations]
    render.console().print(render.answer(answer, contexts, built.words[answer.lang]))


def _checks(built: service.Service, checks: Sequence[Any]) -> None:
    render.console().print(render.checks([schemas.check(check, built.words[built.settings.lang]) for check in checks]))


def _figures(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        return _print_json(report)
    short = {name: value for name, value in report.items() if name != "rows"}
    render.console().print(render.safe(json.dumps(short, ensure_ascii=False, indent=1)))


def _retrieve(built: service.Service, k: int) -> Callable[..., Any]:
    """Questions to results, enough of them that `k` documents remain."""
    return lambda question, without: built.retrieve(question, 3 * k, without)


def _stepper(progress: Callable[[str, int, int], None], name: str, total: int) -> Callable[[int], None]:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress(name, done, total)

    return step


@contextmanager
def _progress(words: Words, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each stage, on stderr, so that stdout stays for results."""
    if quiet:
        yield lambda stage, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=render.console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                key = f"cli.stage_{stage}"
                tasks[stage] = bars.add_task(words.text(key) if words.has(key) else stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update


def _describe(command: Any, words: Words, key: str) -> None:
    """Put the help texts of one language into a click command and its parameters."""
    if words.has(f"{key}.help"):
        command.help = words.text(f"{key}.help")
    if words.has(f"{key}.examples"):
        command.epilog = "\b\n" + words.text(f"{key}.examples")
    command.get_help = lambda context, whole=command.get_help: _labelled(whole(context), words)
    for parameter in command.params:
        for place in (f"{key}.{parameter.name}", f"cli.option.{parameter.name}"):
            if words.has(place):
                parameter.help = words.text(place)
                break
    for name, inner in getattr(command, "commands", {}).items():
        _describe(inner, words, f"{key}.{name}")


def _labelled(page: str, words: Words) -> str:
    for label, key in LABELS.items():
        page = re.sub(label, words.text(f"cli.labels.{key}"), page)
    return page


def _print_json(value: dict[str, Any]) -> None:
    unicode = "utf" in (sys.stdout.encoding or "").lower()
    print(schemas.line(value, ascii_only=not unicode), flush=True)


# failures


def _fail(error: AssistantError, as_json: bool) -> None:
    words = load_words(config.ROOT / "prompts")[_lang()]
    if as_json:
        _print_json(schemas.error(error, words))
    else:
        _complain(error, words)
    sys.exit(error.exit_code)


def _complain(error: AssistantError, words: Words) -> None:
    shape = schemas.error(error, words)
    print(render.safe(f"{shape['message']}\n{shape['hint']}"), file=sys.stderr)


def _named(error: Exception, words: Words) -> AssistantError:
    """Typer's complaints about a command line, and whatever nobody expected, as errors of our tree."""
    if not hasattr(error, "format_message"):
        traceback.print_exception(error)
        return AssistantError(reason=f"{type(error).__name__}: {error}")
    key, message = f"cli.usage.{type(error).__name__}", error.format_message()
    return UsageError(reason=words.text(key, what=_subject(error, message)) if words.has(key) else message)


def _subject(error: Exception, message: str) -> str:
    """What a complaint is about: the option, the parameter, or the words in quotes or brackets."""
    parameter = getattr(error, "param", None)
    if parameter is not None:
        return str(max(parameter.opts, key=len, default=parameter.name))
    quoted = re.search(r"'.+'| \(.+\)$", message)
    return getattr(error, "option_name", "") or (quoted[0].strip(" '()") if quoted else message)


def _forgiving_streams() -> None:
    """Bytes that are no text in, and letters that the terminal does not know out, must not end a command."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
