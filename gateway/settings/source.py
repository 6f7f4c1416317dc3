"""Reading the settings: a YAML file and the environment, merged, secrets fetched from their files, and every mistake told at once.

Environment goes before file. A finding names the setting, its file and the nearest name or value that is allowed; never the value itself.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource

from gateway.errors import ConfigError
from gateway.settings.whole import PREFIX, Settings, element, is_secret, names


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of file and environment. Raises ConfigError with every finding, each with the nearest name or the allowed values."""
    environ = os.environ if environment is None else environment
    merged = _merge(_read(file), _from_environment(environ)) if file else _from_environment(environ)
    merged = _secrets_from_files(merged, Settings)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise ConfigError(*(_finding(problem, file) for problem in error.errors())) from None
    settings._given = frozenset(merged.get("capabilities", {}))
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: cannot be read as YAML: {type(error).__name__}") from None
    if data is not None and not isinstance(data, dict):
        raise ConfigError(f"{file}: must hold a map of settings")
    return data or {}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """What `GATEWAY_…` variables say, nested; values stay text unless a field wants JSON (lists, maps)."""
    _refuse_unknown(environ)
    plain = {key: value for key, value in environ.items() if not key.upper().endswith("_FILE") or not _names_file(key)}
    source = EnvSettingsSource(Settings, env_prefix=PREFIX, env_nested_delimiter="__")
    source.env_vars = {key.lower(): value for key, value in plain.items()}
    found: dict[str, Any] = dict(source())
    for key, value in environ.items():
        if _names_file(key):
            _put(found, key[len(PREFIX) :].lower().split("__"), value)
    return found


def _names_file(key: str) -> bool:
    return key.upper().startswith(PREFIX) and key.upper().endswith("_FILE") and key.upper() in _secret_files()


def _secret_files() -> set[str]:
    return {name for name, text, _ in names() if text.startswith("File with: ")}


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [name for name, _, _ in names()]
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


def _secrets_from_files(data: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Replace every `x_file` of a secret `x` by the file's content, line end cut off, unless `x_file` is a setting of its own."""
    result = dict(data)
    for key, info in model.model_fields.items():
        inner = info.annotation
        section = element(inner)
        if isinstance(result.get(key), dict) and isinstance(inner, type) and issubclass(inner, BaseModel):
            result[key] = _secrets_from_files(result[key], inner)
        elif section is not None and isinstance(result.get(key), dict) and type(None) in get_args(inner):
            result[key] = _secrets_from_files(result[key], section)
        elif section is not None and isinstance(result.get(key), list):
            result[key] = [
                _secrets_from_files(each, section) if isinstance(each, dict) else each for each in result[key]
            ]
        elif f"{key}_file" in model.model_fields:
            continue
        elif is_secret(inner) and (path := result.pop(f"{key}_file", None)):
            try:
                result[key] = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
            except OSError as error:
                raise ConfigError(f"{key}_file: {path}: {error.strerror}") from None
    return result


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
    return list(model.model_fields)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f", did you mean {close[0]}?" if close else ""
