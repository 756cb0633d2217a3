"""Where crossings go: targets.yml and the command line, turned into targets."""

import base64
import binascii
import ipaddress
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.console import CannotRun, short
from support.export.directory import Directory
from support.export.target import Target
from support.yaml_file import Texts, read_yaml

COMMAND_LINE_SECRET = "SCORING_WEBHOOK_SECRET"
NAME = re.compile(r"[\w-]{1,64}", re.ASCII)
KINDS = ("directory", "webhook", "webhook_env", "apprise_env")
WEBHOOK_OPTIONS = ("secret_env", "timeout_seconds", "attempts", "backoff_seconds")
MOST_SECONDS, MOST_ATTEMPTS = 600, 20
NOT_TEXT = re.compile("[\0\ud800-\udfff]")  # what neither files nor the names of folders can hold
VARIABLE = re.compile(r"(?!whsec_)[a-z_]\w*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Permissions:
    """What a webhook may do that is refused by default."""

    http: bool = False
    private: bool = False


@dataclass(frozen=True)
class Settings:
    """What targets.yml says."""

    file: Path
    source: str
    attributes: tuple[str, ...]
    targets: dict[str, dict[str, Any]]

    def refuse(self, name: str, problem: str) -> CannotRun:
        """What is wrong with a target, where it is written."""
        return CannotRun(f"{short(self.file)}: {name}: {problem}")

    def target(self, name: str, owner: str, permissions: Permissions) -> Target:
        """The target of a name."""
        options = self.targets[name]
        if "directory" in options:
            try:
                return Directory(name, folder(options["directory"], self.file.parent), owner)
            except ValueError as error:
                raise self.refuse(name, f"directory: {error}") from None
        if "apprise_env" in options:
            from support.export.digest import Digest

            try:
                return Digest(name, self.variable(name, options["apprise_env"]))
            except ValueError as error:
                raise self.refuse(name, f"{options['apprise_env']}: {error}") from None
        url = options.get("webhook") or self.variable(name, options["webhook_env"])
        secrets = self.variable(name, options["secret_env"])
        try:
            return webhook(name, url, options["secret_env"], secrets, permissions, options)
        except ValueError as error:
            raise self.refuse(name, str(error)) from None

    def variable(self, name: str, variable: str) -> str:
        """The value of an environment variable that a target needs."""
        value = os.environ.get(variable, "").strip()
        if not value:
            raise self.refuse(name, f"the environment variable {variable} is not set")
        return value

    def destination(self, text: str, owner: str, permissions: Permissions) -> Target:
        """What --to names: a target, a web address or a folder."""
        if text.strip().casefold() in self.targets:
            return self.target(text.strip().casefold(), owner, permissions)
        if text.casefold().startswith(("https://", "http://")):
            secrets = os.environ.get(COMMAND_LINE_SECRET, "")
            try:
                host = urlsplit(text).hostname
                name = f"{host} #{sha256(text.encode()).hexdigest()[:8]}"
                return webhook(name, text, COMMAND_LINE_SECRET, secrets, permissions, {})
            except ValueError as error:
                raise CannotRun(f"--to: {error}") from None
        if "://" in text:
            raise CannotRun(
                f"--to: {text.split('://')[0]} is a target for {short(self.file)}, with its address in an environment "
                "variable: it is a secret, and command lines are seen by others"
            )
        if not text.strip() or (os.sep not in text and text not in (".", "..") and not Path(text).is_dir()):
            raise CannotRun(
                f"--to: there is no target '{text}' in {short(self.file)} ({listed(self.targets)}) and no such folder; "
                f"write ./{text or 'FOLDER'} to make one"
            )
        try:
            path = folder(text)
        except ValueError as error:
            raise CannotRun(f"--to: {error}") from None
        return Directory(str(path), path, owner)


def folder(text: str, base: Path = Path()) -> Path:
    """The folder that a text names, or a ValueError."""
    try:
        return (base / Path(text).expanduser()).resolve()
    except RuntimeError:
        raise ValueError(f"'{text}' leads nowhere") from None


def listed(names: Any) -> str:
    """Names for a sentence."""
    return ", ".join(sorted(names)) or "none"


def load(file: Path) -> Settings:
    """Read targets.yml; the first thing that is wrong in it becomes one sentence."""
    if not file.exists():
        raise CannotRun(f"there is no file {short(file)}; it says where crossings go")
    content = read_yaml(file, Texts) or {}
    if not isinstance(content, dict) or (unknown := set(content) - {"source", "attributes", "targets"}):
        found = f", not '{sorted(map(str, unknown))[0]}'" if isinstance(content, dict) else ""
        raise CannotRun(f"{short(file)}: it may hold source, attributes and targets{found}")

    source = content.get("source") or "lead-scoring"
    if not isinstance(source, str) or not re.fullmatch(r"[!-~]{1,200}", source):
        raise CannotRun(f"{short(file)}: source: it must be a URI or a word, for example lead-scoring")
    attributes = content.get("attributes") or []
    is_list = isinstance(attributes, list) and all(map(is_text, attributes))
    if not is_list or len({name.casefold() for name in attributes}) < len(attributes):
        raise CannotRun(f"{short(file)}: attributes: it must be a list of different columns of contacts")
    targets = content.get("targets") or {}
    if not isinstance(targets, dict):
        raise CannotRun(
            f"{short(file)}: targets: it must hold one entry per target, for example 'sales: {{directory: out}}'"
        )

    settings = Settings(file, source, tuple(attributes), {})
    for name, options in targets.items():
        if not NAME.fullmatch(name):
            raise settings.refuse(name, "a name has letters, digits, - and _")
        if name.casefold() in settings.targets:
            raise settings.refuse(name, "there are two targets of this name")
        settings.targets[name.casefold()] = checked(settings, name, options)
    return settings


def checked(settings: Settings, name: str, options: Any) -> dict[str, Any]:
    """The options of one target."""
    kinds = [kind for kind in KINDS if isinstance(options, dict) and kind in options]
    if len(kinds) != 1:
        raise settings.refuse(name, f"it needs one of {', '.join(KINDS)}")
    is_webhook = kinds[0].startswith("webhook")
    read = {}
    for option, value in options.items():
        if option != kinds[0] and not (is_webhook and option in WEBHOOK_OPTIONS):
            raise settings.refuse(name, f"a {kinds[0]} has no option '{option}'")
        try:
            read[option] = value_of(option, value)
        except ValueError as error:
            raise settings.refuse(name, f"{option}: {error}") from None
    if is_webhook and "secret_env" not in options:
        raise settings.refuse(name, "secret_env: name the environment variable that holds the secret")
    return read


def value_of(option: str, value: Any) -> str | int | float:
    """What the value of an option means, or a ValueError that says what is wrong with it."""
    if not is_text(value):
        raise ValueError("it must be text")
    if option.endswith("_env") and not VARIABLE.fullmatch(value):
        raise ValueError("it must be the name of an environment variable, not the secret itself")
    if option == "attempts":
        if not (value.isdecimal() and len(value) < 4 and 1 <= int(value) <= MOST_ATTEMPTS):
            raise ValueError(f"'{value}' is not a whole number from 1 to {MOST_ATTEMPTS}")
        return int(value)
    if option.endswith("_seconds"):
        with suppress(ValueError):
            if 0 < float(value) <= MOST_SECONDS:
                return float(value)
        raise ValueError(f"'{value}' is not a number above 0 and up to {MOST_SECONDS}")
    return value


def is_text(value: Any) -> bool:
    """Whether a value is text that can be written down."""
    return isinstance(value, str) and bool(value.strip()) and not NOT_TEXT.search(value)


def webhook(name: str, url: str, variable: str, secrets: str, permissions: Permissions, options: dict) -> Target:
    """A webhook, or a ValueError that says what is wrong with it without saying its secret."""
    from support.export.webhook import Webhook, is_private

    try:
        parts = urlsplit(url)
        is_sound = bool(parts.hostname) and parts.port != 0 and re.fullmatch(r"[!-~]+", url) is not None
    except ValueError:
        is_sound = False
    if not is_sound or parts.scheme not in ("https", "http"):
        raise ValueError("the address is not an https:// address without spaces")
    if parts.username is not None or parts.fragment:
        raise ValueError("the address may hold no user, password or #; the signature says who sends")
    if parts.scheme == "http" and not permissions.http:
        raise ValueError(
            f"http://{parts.hostname} is not encrypted; use https://, or --allow-http within your own network"
        )
    try:
        is_inside = is_private(str(ipaddress.ip_address(parts.hostname)))
    except ValueError:
        is_inside = False  # a name; it is looked up later
    if is_inside and not permissions.private:
        raise ValueError(f"{parts.hostname} is not on the public internet; --allow-private sends there all the same")
    if not (keys := [key_of(secret, variable) for secret in secrets.split()]):
        raise ValueError(f"a web address needs its secret in the environment variable {variable}")
    return Webhook(
        name,
        url,
        keys,
        allow_private=permissions.private,
        timeout=options.get("timeout_seconds", 10),
        tries=options.get("attempts", 4),
        first_wait=options.get("backoff_seconds", 1),
    )


def key_of(secret: str, variable: str) -> bytes:
    """The bytes of a secret."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError(f"{variable} must hold whsec_ and 24 to 64 bytes in base64")
    return key
