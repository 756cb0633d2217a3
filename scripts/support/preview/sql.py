"""Texts within SQL."""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """A text within quotes."""
    return text.replace("'", "''")


def text_list(texts: Iterable[str]) -> str:
    """Texts between the parentheses of `in`; none of them equals nothing."""
    return ", ".join(f"'{quoted(text)}'" for text in sorted(texts)) or "null"
