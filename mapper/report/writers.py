"""Tables as Markdown, CSV, LaTeX and HTML text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from mapper.report.blocks import Table

_TEX: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
#: A table with more rows than this is folded.
LONG: Final = 30
_MARKDOWN: Final = "\\`*_{}[]<>#|~"


def printable(text: str) -> str:
    """Return a text on one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def markdown_text(text: str) -> str:
    """Return a text in which nothing is markup of Markdown or HTML."""
    return "".join(f"\\{c}" if c in _MARKDOWN else "&amp;" if c == "&" else c for c in printable(text))


def markdown_table(table: Table) -> str:
    """Return a table as GitHub's Markdown."""
    lines = [_row(map(markdown_text, table.header))]
    lines.append(_row("---" if i in table.left else "---:" for i in range(len(table.header))))
    for row in table.rows:
        texts = ((markdown_text(value.text), value.best) for value in row)
        lines.append(_row(f"**{text}**" if best and text else text for text, best in texts))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def tex_text(text: str) -> str:
    """Return a text in which nothing is a command of LaTeX."""
    return "".join(_TEX.get(c, c) for c in printable(text))


def tex_table(table: Table) -> str:
    """Return a table as a LaTeX ``table`` with the rules of booktabs."""
    columns = "".join("l" if i in table.left else "r" for i in range(len(table.header)))
    rows = [
        " & ".join(rf"\textbf{{{tex_text(v.text)}}}" if v.best and v.text else tex_text(v.text) for v in row) + r" \\"
        for row in table.rows
    ]
    return "\n".join(
        [
            r"\begin{table}", r"  \centering", rf"  \caption{{{tex_text(table.caption)}}}",
            rf"  \label{{tab:{table.name}}}", rf"  \begin{{tabular}}{{{columns}}}", r"    \toprule",
            "    " + " & ".join(map(tex_text, table.header)) + r" \\", r"    \midrule",
            *(f"    {row}" for row in rows), r"    \bottomrule", r"  \end{tabular}", r"\end{table}",
        ]
    )  # fmt: skip


def html_table(table: Table) -> str:
    """Return a table as HTML, folded if it is long; a click on a heading sorts it, see ``report.js``."""
    left = [' class="left"' if i in table.left else "" for i in range(len(table.header))]
    head = "".join(
        f'<th scope="col"{kind}><button type="button">{escape(name)}</button></th>'
        for name, kind in zip(table.header, left, strict=True)
    )
    long = len(table.rows) > LONG
    lines = ['<div class="wide"><table>', f"<thead><tr>{head}</tr></thead>"]
    if long:
        lines.insert(0, f"<details><summary>{escape(table.caption)} ({len(table.rows)} rows)</summary>")
    else:
        lines.insert(1, f"<caption>{escape(table.caption)}</caption>")
    lines.append("<tbody>")
    for row in table.rows:
        cells = []
        for i, value in enumerate(row):
            text = f"<b>{escape(value.text)}</b>" if value.best and value.text else escape(value.text)
            text = f'<a href="{escape(value.link)}">{text}</a>' if value.link and value.text else text
            key = "" if value.key is None else f' data-key="{value.key!r}"'
            cells.append(f'<td class="left">{text}</td>' if i in table.left else f"<td{key}>{text}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table></div>" + ("</details>" if long else "")])


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV; None is an empty field, texts that a spreadsheet would compute begin with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return stream.getvalue()


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
