"""The forms of a preview: text for a terminal, Markdown for a pull request, one HTML file for anybody."""

import html
import re
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from support.preview.document import Block, Heading, Listing, Sentence, Table
from support.show import heading, shown
from support.show import table as text_table

# A comment by which a rerun finds the comment that it replaces.
MARKER = "<!-- scorebook-preview -->"
LONGEST_COMMENT = 64_000
SPECIAL = re.compile(r"([\\`*_\[\]|~])")

STYLE = """
:root { color-scheme: light dark; --line: #8885; --bad: #c22; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
div { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; } .n { text-align: right; } .bad { color: var(--bad); font-weight: 600; }
"""


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def show_text(console: Console, blocks: Iterable[Block]) -> None:
    """Print a preview."""
    title, is_below_table = "", False
    for block in blocks:
        if isinstance(block, Sentence) and is_below_table:
            console.print()
        is_below_table = isinstance(block, Table)
        if isinstance(block, Table):
            right = [name for position, name in enumerate(block.columns) if is_number_column(block, position)]
            text_table(console, title, block.columns, block.rows, right)
            title = ""
            continue
        if title:
            heading(console, title)
            title = ""
        if isinstance(block, Heading):
            title = block.text
        elif isinstance(block, Listing):
            for line in block.lines:
                console.print(Text(f"  {line}"), soft_wrap=True)
        else:
            console.print(Text(block.text, style="bold red" if block.is_finding else ""), soft_wrap=True)


def markdown(blocks: Iterable[Block]) -> str:
    """A preview as a comment of a pull request: ids only, short enough, and to be found again."""
    lines = [MARKER]
    level = 2
    for block in blocks:
        lines.append("")
        if isinstance(block, Heading):
            lines.append(f"{'#' * level} {escaped(block.text)}")
            level = 3
        elif isinstance(block, Sentence):
            lines.append(f"**{escaped(block.text)}**" if block.is_finding else escaped(block.text))
        elif isinstance(block, Listing):
            lines += [f"- {escaped(line)}" for line in block.lines]
        else:
            lines += markdown_table(block)
    text = "\n".join(lines) + "\n"
    if len(text) > LONGEST_COMMENT:
        kept = text[:LONGEST_COMMENT].rsplit("\n", 1)[0]
        text = f"{kept}\n\nThe rest is too long for a comment; run the preview for it.\n"
    return text


def markdown_table(table: Table) -> list[str]:
    """A table in Markdown."""
    rules = ["---:" if is_number_column(table, position) else "---" for position in range(len(table.columns))]
    rows = [table.columns, *table.rows]
    texts = [[escaped(shown(value)) for value in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (texts[0], rules, *texts[1:])]


def escaped(text: str) -> str:
    """A text that Markdown shows as it stands, and that calls nobody."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("#", "&#35;").replace("@", "&#64;").replace("<", "&lt;")
    return SPECIAL.sub(r"\\\1", text)


def html_page(blocks: Iterable[Block]) -> str:
    """A preview as one file that needs nothing else."""
    found = list(blocks)
    title = html.escape(next(block.text for block in found if isinstance(block, Heading)))
    parts = []
    for block in found:
        if isinstance(block, Heading):
            tag = "h2" if parts else "h1"
            parts.append(f"<{tag}>{html.escape(block.text)}</{tag}>")
        elif isinstance(block, Sentence):
            kind = ' class="bad"' if block.is_finding else ""
            parts.append(f"<p{kind}>{html.escape(block.text)}</p>")
        elif isinstance(block, Listing):
            parts.append("<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in block.lines) + "</ul>")
        else:
            parts.append(html_table(block))
    return PAGE.format(title=title, style=STYLE, body="\n".join(parts))


def html_table(table: Table) -> str:
    """A table in HTML."""
    classes = [' class="n"' if is_number_column(table, position) else "" for position in range(len(table.columns))]

    def row(tag: str, values: Iterable[object]) -> str:
        cells = (
            f"<{tag}{kind}>{html.escape(shown(value))}</{tag}>" for kind, value in zip(classes, values, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    return f"<div><table>{row('th', table.columns)}{''.join(row('td', values) for values in table.rows)}</table></div>"


def is_number_column(table: Table, position: int) -> bool:
    """Whether a column holds numbers or changes of them, and so stands on the right."""
    texts = [shown(row[position]).lstrip("+-").replace(",", "").replace(".", "") for row in table.rows]
    return any(texts) and all(text.isdecimal() or not text for text in texts)
