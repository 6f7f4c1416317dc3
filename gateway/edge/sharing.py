"""From settings to what is counted and kept for callers: where (this process, or a Redis that replicas share), and how much."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.edge.answers import Replicated
from gateway.edge.caller.attempts import Bounds
from gateway.edge.rates import CallerRates, Limits
from gateway.edge.retry import Retries
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.settings import Settings
from gateway.settings.limits import TIERS, Group, SharedSettings
from gateway.shared.falling import Falling
from gateway.shared.in_process import InProcess
from gateway.shared.rate import Rate, parse_rate
from gateway.shared.state import Shared


def shared_for(settings: SharedSettings, events: Events) -> Shared:
    """What replicas share: in Redis where the settings name one, else in this process. Raises ConfigError."""
    if settings.redis is None:
        return InProcess()
    if settings.key is None:
        raise ConfigError("shared.key (or key_file) is missing: with shared.redis all replicas need the same")
    try:
        from gateway.shared.in_redis import InRedis, Place
    except ImportError:
        raise ConfigError("shared.redis needs the extra: pip install 'scim-nevisidm-gateway[redis]'") from None
    said = settings
    place = Place(said.redis or "", said.prefix, said.user, said.password_file, said.ca_file, said.timeout)
    key = settings.key.get_secret_value().encode()
    return Falling(InRedis(place, key), InProcess(), events, processes=said.processes)


def retries_for(settings: Settings, shared: Shared) -> Retries:
    """Where the answers of retry tokens are kept. What is under way holds its token a little longer than any deadline."""
    lease = max(settings.nevisidm.total_timeout, settings.nevisidm.bulk_timeout) + 60.0
    if settings.shared.redis is None:
        return Retries(lease=lease)
    refuse = settings.shared.retries_without == "refuse"
    return Retries(Replicated(shared, refuse=refuse), shared.digest, lease)


def bounds_for(settings: Settings) -> Bounds:
    """How often callers may fail to prove who they are."""
    said = settings.rates.failed_logins
    return Bounds(*(None if text is None else parse_rate(text) for text in (said.pair, said.address, said.account)))


def rates_for(settings: Settings, shared: Shared) -> CallerRates:
    """How often each caller may ask."""
    return CallerRates(_parsed({**TIERS[settings.rates.tier], **settings.rates.groups}), own_rates(settings), shared)


def own_rates(settings: Settings) -> dict[str, Limits]:
    """The rates of callers that have a tier of their own, by name."""
    return {each.subject: _parsed(TIERS[each.tier]) for each in settings.callers if each.tier is not None}


def _parsed(said: Mapping[Group, tuple[str, ...]]) -> Mapping[str, tuple[Rate, ...]]:
    return {group: tuple(map(parse_rate, texts)) for group, texts in said.items()}
