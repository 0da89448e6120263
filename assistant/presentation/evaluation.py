"""Evaluation reports: on the terminal, as Markdown, and as one HTML page that needs nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..evaluation.compare import Difference, Failure, accepted
from ..evaluation.summary import LOWER, P95, failing, lacking
from ..prompts import Words
from . import render

Figures = Mapping[str, Mapping[str, float]]
PAGE = Path(__file__).with_name("evaluation.html")
SLICED = ("key_facts", "status_accuracy", "answerable_answered", "answerable_shown", "citation_documents", "nDCG@10")
BARE = ("seconds", P95, "words")  # not shares of one


def summary(report: Mapping[str, Any], words: Words) -> RenderableType:
    """The figures and the confusion table."""
    table = Table("", words.text("report.value"), words.text("report.interval"), "n", title=_title(report, words))
    for name, figure in report["figures"].items():
        table.add_row(
            _metric(name, words), _number(name, figure["value"]), _interval(name, figure), str(int(figure["n"]))
        )
    given = sorted({status for row in report["confusion"].values() for status in row})
    confusion = Table(words.text("report.confusion"), *given)
    for expected, row in report["confusion"].items():
        confusion.add_row(expected, *(str(row.get(status, "")) for status in given))
    return Group(table, confusion)


def failures(found: Sequence[Failure], words: Words) -> RenderableType:
    """What keeps the build from passing, or that nothing does."""
    if not found:
        return Text(words.text("report.passed"), style="bold green")
    lines = [
        words.text(
            f"report.failed_{failure.kind}",
            metric=_metric(failure.metric, words),
            value=_number(failure.metric, failure.value),
            wanted=_number(failure.metric, failure.wanted),
            where=failure.where,
        )
        for failure in found
    ]
    return Group(Text(words.text("report.not_passed"), style="bold red"), *(Text(f"- {line}") for line in lines))


def differences(found: Sequence[Difference], lost: Sequence[str], won: Sequence[str], words: Words) -> RenderableType:
    """Two runs side by side."""
    table = Table("", "A", "B", "B - A", "95 %", "n", "")
    for one in found:
        table.add_row(
            _metric(one.metric, words),
            _number(one.metric, one.a),
            _number(one.metric, one.b),
            f"{one.b - one.a:+.3f}",
            f"{one.low:+.3f} … {one.high:+.3f}",
            str(one.n),
            words.text(f"report.{one.verdict}"),
        )
    return Group(
        table,
        Text(words.text("report.lost", count=len(lost), ids=", ".join(lost) or "-")),
        Text(words.text("report.won", count=len(won), ids=", ".join(won) or "-")),
    )


def baseline(report: Mapping[str, Any]) -> str:
    """The accepted run as JSON, a row a line so that changes of it can be read."""
    kept = accepted(report)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in kept["rows"])
    meta, figures = (json.dumps(kept[name], ensure_ascii=False) for name in ("meta", "figures"))
    return f'{{"meta": {meta},\n"figures": {figures},\n"rows": [\n{lines}\n]}}\n'


def write(report: Mapping[str, Any], folder: Path, words: Words) -> None:
    """report.json, report.md and report.html in `folder`, made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "report.md").write_text(markdown(report, words), encoding="utf-8")
    (folder / "report.html").write_text(page(report, words), encoding="utf-8")


def markdown(report: Mapping[str, Any], words: Words) -> str:
    """The report for a note: figures, slices, confusion, the failing cases in short."""
    lines = [f"# {_title(report, words)}", "", *_figure_lines(report["figures"], words)]
    for name, values in report["slices"].items():
        lines += ["", f"## {words.text(f'report.by_{name}')}", "", *_slice_lines(values, words)]
    lines += ["", f"## {words.text('report.confusion')}", "", *_confusion_lines(report["confusion"])]
    wrong = failing(report)
    lines += ["", f"## {words.text('report.failing', count=len(wrong))}", ""]
    lines += [f"- **{row['id']}** {_cell(row['question'])} — {_why(row, words)}" for row in wrong]
    return "\n".join(lines) + "\n"


def page(report: Mapping[str, Any], words: Words) -> str:
    """One HTML page with bars, tables and every failing case; no script, nothing loaded from elsewhere."""
    wrong = failing(report)
    parts = [
        f"<h1>{_e(_title(report, words))}</h1>",
        _bars(report["figures"], words),
        *(
            f"<h2>{_e(words.text(f'report.by_{name}'))}</h2>{_slice_table(values, words)}"
            for name, values in report["slices"].items()
        ),
        f"<h2>{_e(words.text('report.confusion'))}</h2>{_confusion_table(report['confusion'])}",
        f"<h2>{_e(words.text('report.failing', count=len(wrong)))}</h2>",
        *(_case(row, words) for row in wrong),
    ]
    shell = PAGE.read_text(encoding="utf-8")
    return (
        shell.replace("{title}", _e(_title(report, words)))
        .replace("{lang}", words.lang)
        .replace("{body}", "\n".join(parts))
    )


# parts of a page


def _bars(figures: Figures, words: Words) -> str:
    rows = []
    for name, figure in figures.items():
        share = name not in BARE
        value, low, high = (100 * figure[part] for part in ("value", "low", "high"))
        bar = (
            f'<span class="bar{" low" if name in LOWER else ""}"><i style="width:{value:.1f}%"></i>'
            f'<b style="left:{low:.1f}%;width:{high - low:.1f}%"></b></span>'
            if share
            else ""
        )
        rows.append(
            f"<tr><th scope=row>{_e(_metric(name, words))}</th><td class=n>{_number(name, figure['value'])}</td>"
            f"<td>{bar}</td><td class=n>{_interval(name, figure)}</td><td class=n>{int(figure['n'])}</td></tr>"
        )
    head = ("", words.text("report.value"), "", words.text("report.interval"), "n")
    return f"<table>{_head(head)}<tbody>{''.join(rows)}</tbody></table>"


def _slice_table(values: Mapping[str, Figures], words: Words) -> str:
    rows = [
        f"<tr><th scope=row>{_e(value)}</th><td class=n>{_count(figures)}</td>"
        + "".join(f"<td class=n>{_shown(figures, name)}</td>" for name in SLICED)
        + "</tr>"
        for value, figures in values.items()
    ]
    head = ("", "n", *(_metric(name, words) for name in SLICED))
    return f"<table>{_head(head)}<tbody>{''.join(rows)}</tbody></table>"


def _confusion_table(confusion: Mapping[str, Mapping[str, int]]) -> str:
    given = sorted({status for row in confusion.values() for status in row})
    rows = "".join(
        f"<tr><th scope=row>{_e(expected)}</th>"
        + "".join(f"<td class=n>{row.get(status, '')}</td>" for status in given)
        + "</tr>"
        for expected, row in confusion.items()
    )
    return f"<table>{_head(('', *given))}<tbody>{rows}</tbody></table>"


def _case(row: Mapping[str, Any], words: Words) -> str:
    facts = "".join(f"<li>{_e(fact)}</li>" for fact in row["key_facts"])
    quotes = "".join(
        f"<li class={'right' if c['right'] else 'other'}>[{c['n']}] {_e(c['path'])} › {_e(' › '.join(c['headings']))}"
        f"<blockquote>{_e(c['quote'])}</blockquote></li>"
        for c in row["citations"]
    )
    said = row["error"] or row["text"]
    wanted = ", ".join(row["documents"]) + (" › " + " / ".join(row["headings"]) if row["headings"] else "")
    return (
        f"<details open><summary><b>{_e(row['id'])}</b> {_e(row['question'])} "
        f"<em>{_e(_why(row, words))}</em></summary>"
        + (f"<p class=earlier>{_e(' → '.join(row['earlier']))}</p>" if row["earlier"] else "")
        + f"<dl><dt>{_e(words.text('report.expected'))}</dt>"
        f"<dd>{_e(row['expected'])} {_e(wanted)}<ul>{facts}</ul></dd>"
        f"<dt>{_e(words.text('report.got'))}</dt><dd>{_e(row['status'])}<pre>{_e(said)}</pre></dd>"
        f"<dt>{_e(words.text('cli.sources'))}</dt><dd><ul>{quotes}</ul></dd></dl></details>"
    )


def _why(row: Mapping[str, Any], words: Words) -> str:
    reasons = []
    if not row["right"] or row["figures"].get("unanswerable_answered"):
        reasons.append(f"{row['expected']} → {row['status']}")
    reasons += [f"{_metric(name, words)} {value:.2f}" for name, value in lacking(row).items()]
    if row["documents"]:
        reasons.append(words.text("report.rank", rank=row["rank"] or "-"))
    return "; ".join(reasons)


# parts of a note


def _figure_lines(figures: Figures, words: Words) -> Iterable[str]:
    yield f"| | {words.text('report.value')} | {words.text('report.interval')} | n |"
    yield "|---|---|---|---|"
    for name, figure in figures.items():
        cells = (_metric(name, words), _number(name, figure["value"]), _interval(name, figure), int(figure["n"]))
        yield "| " + " | ".join(map(str, cells)) + " |"


def _slice_lines(values: Mapping[str, Figures], words: Words) -> Iterable[str]:
    yield "| | n | " + " | ".join(_metric(name, words) for name in SLICED) + " |"
    yield "|---" * (2 + len(SLICED)) + "|"
    for value, figures in values.items():
        yield f"| {value} | {_count(figures)} | " + " | ".join(_shown(figures, name) for name in SLICED) + " |"


def _confusion_lines(confusion: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    given = sorted({status for row in confusion.values() for status in row})
    yield "| | " + " | ".join(given) + " |"
    yield "|---" * (1 + len(given)) + "|"
    for expected, row in confusion.items():
        yield f"| {expected} | " + " | ".join(str(row.get(status, "")) for status in given) + " |"


# words and numbers


def _title(report: Mapping[str, Any], words: Words) -> str:
    meta = report["meta"]
    return words.text("report.title", cases=meta["cases"], date=meta["date"], sets=", ".join(meta.get("sets", ())))


def _metric(name: str, words: Words) -> str:
    key = "report.metric." + name.replace("@", "_at_")
    return words.text(key) if words.has(key) else name


def _number(name: str, value: float) -> str:
    return f"{value:.0f}" if name == "words" else f"{value:.3f}"


def _interval(name: str, figure: Mapping[str, float]) -> str:
    return "" if name == P95 else f"{_number(name, figure['low'])}–{_number(name, figure['high'])}"


def _shown(figures: Figures, name: str) -> str:
    return _number(name, figures[name]["value"]) if name in figures else ""


def _count(figures: Figures) -> int:
    return int(figures["status_accuracy"]["n"])


def _cell(text: str) -> str:
    return render.safe(" ".join(text.split()).replace("|", "\\|"))


def _head(names: Sequence[str]) -> str:
    return "<thead><tr>" + "".join(f"<th scope=col>{_e(name)}</th>" for name in names) + "</tr></thead>"


def _e(text: str) -> str:
    return html.escape(render.safe(str(text)))
