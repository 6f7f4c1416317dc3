"""The Dockerfile's steps, carried out without an engine: each stage in a root of its own, the last one read-only and as its numeric user.

In mount, network and process namespaces of their own (`unshare`), so the machine is left as it was. A base image is stood in for by the
machine's own /usr with this Python at /usr/local, where the image has it. Unless `full`, pip finds the dependencies installed beside the
tests and builds and installs the gateway alone; `python -m tests.deploy.image` installs all of them from the registry, as the image does.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]
BASE = "python:3.11-slim"
TOOLS = ("unshare", "setpriv", "chroot", "mount")
ASKED = 60
"""Times that the health check is tried, half a second apart."""


@dataclass
class Stage:
    """One stage: its name, its base image, its instructions in order."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """The value of the last instruction of that kind. Raises KeyError."""
        return dict(self.steps)[word]

    def environment(self) -> dict[str, str]:
        """What its ENV instructions set."""
        pairs = (each.split("=", 1) for word, rest in self.steps if word == "ENV" for each in shlex.split(rest))
        return {name: value.replace("$PATH", "/usr/local/bin:/usr/bin:/bin") for name, value in pairs}


def stages(file: Path = ROOT / "Dockerfile") -> list[Stage]:
    """The stages of a Dockerfile."""
    found: list[Stage] = []
    with tempfile.TemporaryFile() as copy:  # the parser would write to the file itself
        copy.write(file.read_bytes())
        for each in DockerfileParser(fileobj=copy).structure:
            if each["instruction"] == "FROM":
                base, _, name = each["value"].partition(" AS ")
                found.append(Stage(name or "last", base))
            elif each["instruction"] != "COMMENT":
                found[-1].steps.append((each["instruction"], each["value"]))
    return found


def can_be_carried_out() -> bool:
    """Whether the machine lets us have namespaces."""
    if sys.platform != "linux" or not all(map(shutil.which, TOOLS)):
        return False
    return subprocess.run(["unshare", "-m", "-n", "-p", "-f", "true"], capture_output=True, check=False).returncode == 0


def script(context: Path, work: Path, *, full: bool) -> str:
    """A shell script that builds the image from the context and tries it; `work`: an empty folder."""
    lines = ["set -eu", f"mount -t tmpfs tmpfs {work}"]
    roots: dict[str, str] = {}
    for stage in stages():
        assert stage.base == BASE, stage.base
        root = roots[stage.name] = f"{work}/{stage.name}"
        lines += list(_base(root, full=full))
        lines += [line for step in _steps(stage, root, roots, context, full=full) for line in step]
    return "\n".join([*lines, *_tried(stages()[-1], root, full=full)])


def _base(root: str, *, full: bool) -> Iterator[str]:
    """What a base image brings."""
    yield f"mkdir -p {root}/usr {root}/etc {root}/dev {root}/proc {root}/tmp {root}/opt {root}/var/lib {root}/known"  # noqa: S108
    yield f"mount --rbind /usr {root}/usr; mount --bind {sys.base_prefix} {root}/usr/local"
    yield f"mount --bind /etc {root}/etc; mount --rbind /dev {root}/dev; mount -t proc proc {root}/proc"
    yield f"for each in bin sbin lib lib64; do if [ -L /$each ]; then cp -a /$each {root}/; fi; done"
    yield f"chmod 1777 {root}/tmp"  # noqa: S108
    if not full:
        yield f"mount --bind {sysconfig.get_path('purelib')} {root}/known"


def _steps(stage: Stage, root: str, roots: dict[str, str], context: Path, *, full: bool) -> Iterator[list[str]]:
    place, environment = "/", _assigned(stage, full=full)
    for word, rest in stage.steps:
        if word == "WORKDIR":
            place = rest
            yield [f"mkdir -p {root}{rest}"]
        elif word == "COPY":
            yield [_copied(rest, root, place, roots, context)]
        elif word == "RUN":
            yield [f"chroot {root} env -i {environment} sh -c {shlex.quote(f'cd {place} && {rest}')}"]


def _copied(rest: str, root: str, place: str, roots: dict[str, str], context: Path) -> str:
    """COPY: from the context, or from another stage; `--chown` for whose it is."""
    options = {word.split("=")[0]: word.split("=")[1] for word in rest.split() if word.startswith("--")}
    *sources, target = (word for word in rest.split() if not word.startswith("--"))
    origin = roots[options["--from"]] if "--from" in options else f"{context}/"
    into = f"{root}{target}" if target.startswith("/") else f"{root}{place}/{target}"
    lines = [
        f"if [ -d {origin}{source} ]; then mkdir -p {into}; cp -a {origin}{source}/. {into}; else cp -a {origin}{source} {into}; fi"
        for source in sources  # a folder's content is copied, not the folder
    ]
    if "--chown" in options:
        lines.append(f"chown -R {options['--chown']} {into}")
    return "; ".join(lines)


def _assigned(stage: Stage, *, full: bool) -> str:
    """The stage's environment, and what makes this machine's Python one that works elsewhere."""
    said = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nowhere", **stage.environment()}
    said["LD_LIBRARY_PATH"] = "/usr/local/lib"
    if not full:
        said |= {"PYTHONPATH": "/known", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in said.items())


def _tried(stage: Stage, root: str, *, full: bool) -> Iterator[str]:
    """Start it as an engine would: read-only, as its user, without rights; ask its health, stop it."""
    user, group = stage.last("USER").split(":")
    dropped = (
        f"setpriv --reuid {user} --regid {group} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    )
    inside = f"chroot {root} env -i {_assigned(stage, full=full)} GATEWAY_STOP__DRAIN_SECONDS=0.2 {dropped}"
    entry, arguments = (json.loads(stage.last(word)) for word in ("ENTRYPOINT", "CMD"))
    health = json.loads(stage.last("HEALTHCHECK").partition("CMD ")[2])
    yield f"mount -o remount,ro $(dirname {root})"
    yield f"{sys.executable} -c {shlex.quote(_LOOPBACK)}"
    yield f"for each in / /opt/gateway /var/lib/scim-nevisidm; do if {inside} touch $each/x 2>/dev/null; then echo WRITABLE $each; fi; done"
    yield f'echo "USER $({inside} id -u)"'
    yield f"{inside} {shlex.join([*entry, '--version'])}"
    yield f"{inside} {shlex.join([*entry, *arguments])} & serving=$!"
    yield f"tried=0; until {inside} {shlex.join(health)} 2>/dev/null; do tried=$((tried+1)); [ $tried -lt {ASKED} ]; sleep 0.5; done"
    yield 'kill -TERM $serving; wait $serving; echo "ENDED $?"'


_LOOPBACK = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
    fcntl.ioctl(asked, 0x8914, struct.pack("16sh", b"lo", 1))
"""


def carried_out(context: Path, work: Path, *, full: bool = False, seconds: float = 120.0) -> str:
    """What the steps printed, in all. Raises CalledProcessError where one failed."""
    apart = ["unshare", "-m", "-p", "-f", "--kill-child", *([] if full else ["-n"]), "sh", "-c"]
    ran = subprocess.run(
        [*apart, script(context, work, full=full)], capture_output=True, text=True, timeout=seconds, check=False
    )
    if ran.returncode:
        raise RuntimeError(f"exit status {ran.returncode}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}")
    return ran.stdout + ran.stderr


def context_of(target: Path) -> Path:
    """The build context: what .dockerignore lets through."""
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line.startswith("!"):
            source = ROOT / line[1:]
            if source.is_dir():
                shutil.copytree(source, target / source.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target / source.name)
    return target


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        print(carried_out(context_of(Path(folder)), Path(empty), full=True, seconds=1200))
