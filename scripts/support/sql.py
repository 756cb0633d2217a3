"""Texts within SQL."""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """A text in quotes, with the quotes in it doubled."""
    return "'" + text.replace("'", "''") + "'"


def text_list(texts: Iterable[str]) -> str:
    """Texts between the parentheses of `in`; none of them equals nothing."""
    return ", ".join(map(quoted, sorted(texts))) or "null"
