"""What the text of a cell means, by the `kind` of its column. A kind raises ValueError with what is wrong."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from support.scorebook.tables import INVISIBLE, plain, shown, suggestion
from support.timestamps import ADVICE, parse_timestamp

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
WITH_COMMA = re.compile(r"[+-]?[0-9.]*,[0-9,.]+")
LARGEST_INTEGER = 2**31 - 1
BOOLEANS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
NAMES = {"\t": "a tab", "\xa0": "a non-breaking space", "\u202f": "a non-breaking space"}


def is_number(text: str) -> bool:
    """Whether a text is a decimal number, with an exponent if need be."""
    return bool(NUMBER.fullmatch(text.strip(" "))) and math.isfinite(float(text))


def read_text(text: str, meta: dict[str, Any]) -> str:
    """Any text; outer spaces count only in columns that are compared exactly."""
    return text if meta.get("exact") else text.strip(" ")


def read_number(text: str, meta: dict[str, Any]) -> float:
    """A number."""
    if not is_number(text):
        hint = "; decimals take a point, thousands take nothing" if WITH_COMMA.fullmatch(text.strip(" ")) else ""
        raise ValueError(f"{shown(text.strip(' '))} is not a number{hint}")
    return float(text)


def read_integer(text: str, meta: dict[str, Any]) -> float:
    """A whole number."""
    number = read_number(text, meta)
    if number % 1:
        raise ValueError(f"{shown(number)} is not a whole number")
    if abs(number) > LARGEST_INTEGER:
        raise ValueError(f"{shown(number)} is over {LARGEST_INTEGER}, the most that is allowed")
    return number


def read_boolean(text: str, meta: dict[str, Any]) -> bool:
    """A yes or no."""
    if plain(text) not in BOOLEANS:
        raise ValueError(f"{shown(text.strip(' '))} is neither true nor false")
    return BOOLEANS[plain(text)]


def read_timestamp(text: str, meta: dict[str, Any]) -> datetime:
    """A moment."""
    try:
        return parse_timestamp(text)
    except ValueError:
        raise ValueError(f"{shown(text.strip(' '))} is not a timestamp; {ADVICE}") from None


def read_choice(text: str, meta: dict[str, Any]) -> str:
    """One of the allowed words."""
    if plain(text) not in meta["allowed"]:
        known = ", ".join(meta["allowed"])
        raise ValueError(f"{shown(text.strip(' '))} is not one of {known}{suggestion(text, meta['allowed'])}")
    return plain(text)


KINDS: dict[str, Callable[[str, dict[str, Any]], Any]] = {
    "text": read_text,
    "number": read_number,
    "integer": read_integer,
    "boolean": read_boolean,
    "timestamp": read_timestamp,
    "choice": read_choice,
}


def read_cell(text: str, meta: dict[str, Any]) -> Any:
    """What a cell means, None where it is empty. What people cannot see or dbt reads otherwise is refused."""
    if not text.strip(" \n"):
        return None
    invisible = INVISIBLE.search(text)
    if invisible:
        name = NAMES.get(invisible[0], f"the invisible character U+{ord(invisible[0]):04X}")
        raise ValueError(f"{shown(text)} holds {name}; remove it or type an ordinary space")
    outer = text.strip(" ")
    if "\n" in (outer[0], outer[-1]):
        raise ValueError(f"{shown(text)} begins or ends with a line break; remove it")
    if plain(text.strip(" \n")) == "null":
        raise ValueError(f"{shown(text)} would be read as an empty cell; leave it empty")
    return KINDS[meta["kind"]](text, meta)
