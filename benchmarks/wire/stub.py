"""nginx in nevisIDM's place: answers recorded from the emulator, served as files. It costs next to nothing and never changes its mind.

Writes get the answer that was recorded, too: nginx answers them by an error page, which is the only way it gives a file for a POST. A
`delay` makes it as slow as one likes with thousands of requests waiting (module echo, part of Debian's nginx-light).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from benchmarks.asking import TOKEN, Asker
from benchmarks.canned import Recorder, Tape
from benchmarks.contest import ROOT, Ground
from benchmarks.wire.works import Work
from gateway.assembly import application, engine_for
from gateway.nevisidm.client import Client
from gateway.nevisidm.login import bearer
from gateway.operation.context import Trust

ECHO = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")

CONF = """\
{head}daemon off; worker_processes 1; worker_rlimit_nofile 16384; pid {folder}/{name}.pid; error_log {folder}/{name}.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_body_buffer_size 2m;
  map_hash_bucket_size 1024; map_hash_max_size 8192; open_file_cache max=2000; default_type application/json; keepalive_timeout 600;
  {inside}
}}
"""
STUB = """\
map "$request_method $request_uri" $answer {{ default /nothing; {answers} }}
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}; error_page 418 = $answer;
    location / {{ {wait} }}
    location @answer {{ return 418; }}
    location /200/ {{ internal; }}
    location = /204 {{ internal; return 204; }}
    location = /nothing {{ internal; return 404; }} }}"""
PROXY = """\
upstream stub {{ server 127.0.0.1:{to}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}"""


async def recorded(ground: Ground, works: Sequence[Work]) -> tuple[Tape, dict[str, str]]:
    """What nevisIDM says to these works, asked by a gateway that has learned nothing yet, and again by one that has; and the address
    that was last asked for each."""
    recorder = Recorder(engine_for(ground.settings.nevisidm, ground.inside))
    client = Client(recorder, ROOT, bearer(ground.inside.token), events=ground.context.events)
    context = dataclasses.replace(ground.context, client=client, trust=Trust())
    app = application(ground.settings, context, TOKEN)
    last: dict[str, str] = {}
    for work in (*works, *works):
        if work.upstream:
            await Asker(app, work.asks)(len(work.asks))
            last[work.name] = recorder.tape[-1][1].removeprefix(ROOT)
    return recorder.tape, last


def stub(folder: Path, tape: Tape, port: int, *, delay: float = 0.0) -> list[str]:
    """Lay the answers down; the command that serves them, each after `delay` seconds. An address answers as it did first."""
    answers = folder / "200"
    answers.mkdir(exist_ok=True)
    names: dict[str, str] = {}
    for method, url, exchange in tape:
        place = f"{method} {url.removeprefix(ROOT)}"
        if place not in names:
            names[place] = f"/200/a{len(names)}" if exchange.body or exchange.status != 204 else "/204"
            if exchange.body or exchange.status != 204:
                (folder / names[place][1:]).write_bytes(exchange.body)
    lines = " ".join(f'"{place}" {name};' for place, name in names.items())
    wait = f"echo_sleep {delay:.3f}; echo_exec @answer;" if delay else "return 418;"
    inside = STUB.format(answers=lines, port=port, folder=folder, wait=wait)
    return _command(folder, f"stub-{port}", inside, f"load_module {ECHO};\n" if delay else "")


def proxy(folder: Path, port: int, to: int) -> list[str]:
    """The command of a reverse proxy that translates nothing: the floor."""
    return _command(folder, "proxy", PROXY.format(port=port, to=to))


def _command(folder: Path, name: str, inside: str, head: str = "") -> list[str]:
    (folder / f"{name}.conf").write_text(CONF.format(folder=folder, name=name, inside=inside, head=head))
    return ["nginx", "-c", str(folder / f"{name}.conf"), "-e", str(folder / f"{name}.log")]
