"""YAML files that people write."""

from pathlib import Path
from typing import Any

import yaml

from support.console import CannotRun, short


class Once:
    """What keeps a loader from taking the last of several entries of one name."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """The entries below each other."""
        mapping, seen = super().construct_mapping(node, deep), set()
        for key, _ in node.value:
            if key.value in seen:
                raise Repeated(problem=f"'{key.value}' is there twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return mapping


class Texts(Once, yaml.BaseLoader):
    """Every word is text, also one like a number or a date."""


class Values(Once, yaml.SafeLoader):
    """Numbers are numbers."""


class Repeated(yaml.MarkedYAMLError):
    """A name that stands twice."""


def read_yaml(file: Path, loader: type[Texts | Values]) -> Any:
    """What a file says; what keeps it from being read becomes one sentence."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), loader)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise CannotRun(f"{short(file)} cannot be read: {why}") from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        line = f":{error.problem_mark.line + 1}" if getattr(error, "problem_mark", None) else ""
        not_yaml = "this is not YAML; look at the indentation and the quotes"
        what = error.problem if isinstance(error, Repeated) else not_yaml
        raise CannotRun(f"{short(file)}{line}: {what}") from None
