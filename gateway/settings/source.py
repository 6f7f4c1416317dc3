"""Reading the settings: a YAML file and the environment, merged, secrets fetched from their files, and every mistake told at once.

Environment goes before file. A finding names the setting, its file and the nearest name or value that is allowed; never the value itself.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping as Map
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from gateway.errors import ConfigError
from gateway.settings.variables import element, is_secret, is_secret_map, section
from gateway.settings.whole import PREFIX, Settings, names


@dataclass(frozen=True, slots=True)
class Told:
    """What was said before it became settings: by the file, by the environment (both nested), and which files hold a secret of it."""

    file: Path | None
    in_file: Map[str, Any]
    in_environment: Map[str, Any]
    environ: Map[str, str]
    secret_files: Map[tuple[str | int, ...], Path]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that was read: the settings' own, and those of secrets."""
        return (*([self.file] if self.file is not None else []), *self.secret_files.values())


def load_settings(file: Path | None = None, environment: Map[str, str] | None = None) -> Settings:
    """The settings of file and environment. Raises ConfigError with every finding, each with the nearest name or the allowed values."""
    return read_settings(file, environment)[0]


def read_settings(file: Path | None = None, environment: Map[str, str] | None = None) -> tuple[Settings, Told]:
    """The settings, and who said what. Raises ConfigError as `load_settings`."""
    environ = os.environ if environment is None else environment
    in_file, in_environment = _read(file) if file else {}, _from_environment(environ)
    files: dict[tuple[str | int, ...], Path] = {}
    merged = _secrets_from_files(_merge(in_file, in_environment), Settings, (), files)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        first = sorted(
            error.errors(), key=lambda problem: problem["type"] != "extra_forbidden"
        )  # a misspelt name leaves others out
        raise ConfigError(*(_finding(problem, file) for problem in first)) from None
    settings._given = frozenset(merged.get("capabilities", {}))
    return settings, Told(file, in_file, in_environment, environ, files)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as YAML: {type(error).__name__}") from None
    if data is not None and not isinstance(data, dict):
        raise ConfigError(f"{file}: must hold a map of settings")
    return data or {}


def _from_environment(environ: Map[str, str]) -> dict[str, Any]:
    """What `GATEWAY_…` variables say, nested; values stay text unless a field wants JSON (lists, maps)."""
    _refuse_unknown(environ)
    plain = {key: value for key, value in environ.items() if not _names_file(key)}
    source = EnvSettingsSource(Settings, env_prefix=PREFIX, env_nested_delimiter="__")
    source.env_vars = {key.lower(): value for key, value in plain.items()}
    try:
        found: dict[str, Any] = dict(source())
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        raise ConfigError(f"environment: {PREFIX}{field[1].upper() if field else ''}: must be JSON") from None
    for key, value in environ.items():
        if _names_file(key):
            _put(found, key[len(PREFIX) :].lower().split("__"), value)
    return found


def _names_file(key: str) -> bool:
    return key.upper().startswith(PREFIX) and key.upper().endswith("_FILE") and key.upper() in _secret_files()


@cache
def _secret_files() -> frozenset[str]:
    return frozenset(each.name for each in names() if each.file_of is not None)


def _refuse_unknown(environ: Map[str, str]) -> None:
    known = [each.name for each in names()]
    for key in environ:
        upper = key.upper()
        if upper.startswith(PREFIX) and not any(upper == name or upper.startswith(f"{name}__") for name in known):
            raise ConfigError(f"environment: unknown setting {key}{_nearest(upper, known)}")


def _put(target: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        target = target.setdefault(key, {})
    target[keys[-1]] = value


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _secrets_from_files(
    data: Map[str, Any], model: type[BaseModel], at: tuple[str | int, ...], files: dict[tuple[str | int, ...], Path]
) -> dict[str, Any]:
    """Replace every `x_file` of a secret `x` by the file's content, line end cut off, unless `x_file` is a setting of its own.

    `files` takes up which files those were, by the secret's place.
    """
    result = dict(data)
    for key, info in model.model_fields.items():
        inner, place = info.annotation, (*at, key)
        form = section(inner)
        if form is not None and isinstance(result.get(key), dict):
            result[key] = _secrets_from_files(result[key], form, place, files)
        elif (form := element(inner)) is not None and isinstance(result.get(key), list):
            result[key] = [
                _secrets_from_files(each, form, (*place, number), files) if isinstance(each, dict) else each
                for number, each in enumerate(result[key])
            ]
        elif f"{key}_file" in model.model_fields or f"{key}_file" not in result:
            continue
        elif is_secret(inner) or is_secret_map(inner):
            files[place] = Path(result.pop(f"{key}_file"))
            text = _content(files[place], key)
            result[key] = text if is_secret(inner) else {**_lines(text, files[place]), **(result.get(key) or {})}
    return result


def _content(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}_file: {path}: {getattr(error, 'strerror', None) or 'not text'}") from None


def _lines(text: str, path: Path) -> dict[str, str]:
    """A map of secrets: `name: value` on each line."""
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    if any(not colon or not name.strip() for name, colon, _ in pairs):
        raise ConfigError(f"{path}: must hold `name: value` on each line")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _finding(problem: Any, file: Path | None) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    origin = f"{file}: " if file else ""
    if problem["type"] == "extra_forbidden":
        *path, last = problem["loc"]
        return f"{origin}unknown setting {where}{_nearest(str(last), _keys_at(path))}"
    return f"{origin}{where}: {problem['msg']}{_nearest_allowed(problem)}"


def _nearest_allowed(problem: Any) -> str:
    """For a value that is none of those allowed: the one that was probably meant."""
    if problem["type"] != "literal_error" or not isinstance(problem["input"], str):
        return ""
    return _nearest(problem["input"], re.findall(r"'([^']+)'", problem["ctx"]["expected"]))


def _keys_at(path: list[str | int]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in path:
        info = model.model_fields.get(str(part))
        inner = info.annotation if info else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
        elif info is not None:
            model = element(inner) or model
    return [
        *model.model_fields,
        *(f"{key}_file" for key, info in model.model_fields.items() if is_secret(info.annotation)),
    ]


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f", did you mean {close[0]}?" if close else ""
