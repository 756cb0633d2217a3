"""How single values read: docs/scoring.md section 1 (timestamps, numbers, booleans) and the operators of section 2."""

import json
import math
import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60

TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(?:(Z)|([+-])(\d\d):(\d\d))?", re.ASCII
)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Those of Unicode (category Zs); a tab is none.
SPACES = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
BOOLEANS = dict.fromkeys(("true", "t", "yes", "1"), True) | dict.fromkeys(("false", "f", "no", "0"), False)


def is_blank(text):
    """A blank cell, or one of spaces only, is empty."""
    return text is None or text.strip(SPACES) == ""


def normal(text):
    """Text as it is compared: case and outer spaces do not matter, and Σ, σ and ς are one letter, so are İ and i. Blank
    text is None."""
    return None if is_blank(text) else text.strip(SPACES).replace("İ", "i").lower().replace("ς", "σ")


def timestamp(text):
    """The UTC moment that a text names, None where it names none; digits beyond microseconds are cut."""
    found = TIMESTAMP.fullmatch(text.strip(SPACES))
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, offset_hours, offset_minutes = found.groups()
    microseconds = int(((fraction or "") + "000000")[:6])
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), microseconds
        )
        if sign:
            offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
            moment = moment - offset if sign == "+" else moment + offset
        return moment
    except (ValueError, OverflowError):
        return None


def number(text):
    """The decimal number that a text names, None where it names none (`1,000`, `NaN`, too large for a double)."""
    text = (text or "").strip(SPACES)
    if not NUMBER.fullmatch(text) or math.isinf(float(text)):
        return None
    return Decimal(text)


def boolean(text):
    """True or False, None where the text is neither."""
    return BOOLEANS.get(normal(text))


class _NumberText(str):
    """A number inside a JSON text, kept as it is written."""


def json_object(text):
    """The JSON object that a text holds as a dict, None where it holds none. Numbers stay text."""

    def refuse(word):
        raise ValueError(word)

    try:
        value = json.loads(text, parse_int=_NumberText, parse_float=_NumberText, parse_constant=refuse)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _json_text(value):
    if isinstance(value, _NumberText):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(_json_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_json_text(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def property_text(properties, name):
    """A property as the text it is compared as; null and absent are None, an object or list is its JSON text."""
    value = properties.get(name)
    if value is None:
        return None
    return str(value) if isinstance(value, str) else _json_text(value)


def holds(operator, value, operand):
    """Whether a value satisfies an operator of section 2."""
    operator, value = normal(operator), normal(value)
    if value is None:
        return operator in ("is_missing", "not_equals", "not_in")
    if operator in ("is_missing", "is_present"):
        return operator == "is_present"
    wanted = normal(operand)
    listed = [normal(item) for item in operand.split("|")]
    if operator in ("gt", "gte", "lt", "lte", "between"):
        left, limits = number(value), [number(item) for item in listed]
        if left is None or None in limits:
            return False
        return {
            "gt": left > limits[0],
            "gte": left >= limits[0],
            "lt": left < limits[0],
            "lte": left <= limits[0],
            "between": limits[0] <= left <= limits[-1],
        }[operator]
    return {
        "equals": value == wanted,
        "not_equals": value != wanted,
        "in": value in listed,
        "not_in": value not in listed,
        "contains": wanted in value,
        "starts_with": value.startswith(wanted),
        "ends_with": value.endswith(wanted),
    }[operator]


def rounded(figure, decimals):
    """ROUND is half away from zero. Takes a Decimal and returns one."""
    return figure.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) + 0


def days(count):
    """That many days (a Decimal) as a time span, to the microsecond."""
    return timedelta(microseconds=int(rounded(count * 86_400_000_000, 0)))


def in_days(span):
    """A time span as exact fractional days."""
    return Decimal(span // timedelta(microseconds=1)) / 86_400_000_000
