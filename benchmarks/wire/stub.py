"""nginx in nevisIDM's place: answers recorded from the emulator, served as files. It costs next to nothing and never changes its mind."""

from __future__ import annotations

import dataclasses
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

from benchmarks.asking import TOKEN, Ask, Asker
from benchmarks.canned import Recorder, Tape
from benchmarks.contest import ROOT, Ground
from benchmarks.works import Work
from gateway.assembly import application, engine_for
from gateway.nevisidm.client import Client
from gateway.nevisidm.login import bearer
from gateway.operation.context import Trust

CONF = """\
daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map_hash_bucket_size 1024; open_file_cache max=100; default_type application/json;
  {inside}
}}
"""
STUB = """\
map "$request_method $request_uri" $answer {{ default "nothing"; {answers} }}
  server {{ listen 127.0.0.1:{port}; root {folder}/answers; location / {{ try_files /$answer =404; }} }}"""
PROXY = """\
upstream stub {{ server 127.0.0.1:{to}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}"""


async def recorded(ground: Ground, works: tuple[Work, ...]) -> tuple[Tape, dict[str, Ask]]:
    """What nevisIDM says to these works, asked by a gateway that has learned nothing yet, and again by one that has; and what it was last
    asked for each."""
    recorder = Recorder(engine_for(ground.settings.nevisidm, ground.inside))
    client = Client(recorder, ROOT, bearer(ground.inside.token), events=ground.context.events)
    context = dataclasses.replace(ground.context, client=client, trust=Trust())
    app = application(ground.settings, context, TOKEN)
    last: dict[str, Ask] = {}
    for work in (*works, *works):
        await Asker(app, work.asks)(len(work.asks))
        last[work.name] = Ask("GET", recorder.tape[-1][1].removeprefix(ROOT))
    return recorder.tape, last


def stub(folder: Path, tape: Tape, port: int) -> list[str]:
    """Lay the answers down; the command that serves them."""
    answers = folder / "answers"
    answers.mkdir()
    names: dict[str, str] = {}
    for number, (method, url, exchange) in enumerate(tape):
        place = f"{method} {url.removeprefix(ROOT)}"
        if place not in names:
            names[place] = f"a{number}"
            (answers / names[place]).write_bytes(exchange.body)
    lines = " ".join(f'"{place}" {name};' for place, name in names.items())
    return _command(folder, "stub", STUB.format(answers=lines, port=port, folder=folder))


def proxy(folder: Path, port: int, to: int) -> list[str]:
    """The command of a reverse proxy that translates nothing: the floor."""
    return _command(folder, "proxy", PROXY.format(port=port, to=to))


def _command(folder: Path, name: str, inside: str) -> list[str]:
    (folder / f"{name}.conf").write_text(CONF.format(folder=folder, name=name, inside=inside))
    return ["nginx", "-c", str(folder / f"{name}.conf"), "-e", str(folder / f"{name}.log")]


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 30) -> float:
    """Until something answers there; how long that took. Raises RuntimeError if nothing does."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args}: ended with {process.returncode}")
        try:
            urlopen(url, timeout=1).close()  # any answer will do
        except OSError as error:
            if hasattr(error, "code"):
                return time.monotonic() - began
            time.sleep(0.02)
        else:
            return time.monotonic() - began
    raise RuntimeError(f"{url}: nothing answers")
