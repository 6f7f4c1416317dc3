"""From settings to the gate: which guards there are, and what each knows.

The order is that of cost: what is looked up in a table comes before what is verified, and that before what is asked of somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gateway.edge.caller.account import Account, Asking, Guard
from gateway.edge.caller.attempts import Attempts
from gateway.edge.caller.passwords import Password, Passwords, readable
from gateway.edge.caller.tokens import Pass, Tokens, digest
from gateway.edge.gate import Gate
from gateway.edge.role_names import RoleNames
from gateway.edge.sharing import bounds_for
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.mapping.model import Mappings
from gateway.nevisidm.engine import Engine
from gateway.scim.rights import READ, VERBS, WRITE, Roles, Rule
from gateway.settings import Settings
from gateway.settings.callers import CallerSettings, RoleSettings
from gateway.settings.roles import ADMINISTRATOR, ROLES
from gateway.shared.state import Shared

DEMO = "sandbox"


def gate_for(
    settings: Settings,
    token: str | None,
    events: Events,
    outside: Callable[[], Engine],
    own: Guard | None = None,
    shared: Shared | None = None,
) -> Gate:
    """Who may come in. `token`: the one that the demo made up; `outside`: makes what asks issuers of tokens, if there are any;
    `own`: knows the tokens of our own token endpoint; `shared`: where failed logins are counted.

    Raises ConfigError when that would be nobody, or when a proof cannot be read.
    """
    return gate_of(settings, token, asked_for(settings, events, outside, shared), own, shared)


@dataclass(frozen=True, slots=True)
class Asked:
    """The guards that ask issuers of tokens, and what is to be closed at the end."""

    guards: tuple[Guard, ...] = ()
    closing: tuple[Asking, ...] = ()


def asked_for(settings: Settings, events: Events, outside: Callable[[], Engine], shared: Shared | None = None) -> Asked:
    """What asks the issuers of the settings; nothing where there are none."""
    if not settings.issuers and not settings.introspection:
        return Asked()
    from gateway.edge.admission_issuers import guards_for  # its libraries are slow to load

    return Asked(*guards_for(settings, outside(), events, shared))


def gate_of(
    settings: Settings, token: str | None, asked: Asked, own: Guard | None = None, shared: Shared | None = None
) -> Gate:
    """The same as `gate_for`, over what asks the issuers already. Raises ConfigError."""
    for caller in settings.callers:
        _check(caller)
    _check_roles(settings)
    guards = [*_tables(settings, token, shared), *([own] if own is not None else []), *asked.guards]
    if not guards:
        raise ConfigError(
            "callers: nobody could come in; add at least one caller with token_sha256 or token_file, or an issuer"
        )
    return Gate(guards, asked.closing)


def _tables(settings: Settings, token: str | None, shared: Shared | None) -> Iterator[Guard]:
    """The guards that know their callers by name."""
    passes = [
        *([Pass(Account(DEMO, frozenset((ADMINISTRATOR,))), digest(token))] if token else []),
        *_passes(settings.callers),
    ]
    passwords = [
        Password(account_of(each), each.user, each.password_hash.get_secret_value())
        for each in settings.callers
        if each.user is not None and each.password_hash is not None
    ]
    if passes:
        yield Tokens(passes)
    if any(each.certificate is not None or each.key_id is not None for each in settings.callers):
        from gateway.edge.admission_keys import holders_and_signers  # its libraries are slow to load

        yield from holders_and_signers(settings, account_of)
    if passwords:
        yield Passwords(passwords, Attempts("basic", bounds_for(settings), shared))


def _passes(callers: tuple[CallerSettings, ...]) -> Iterator[Pass]:
    for caller in callers:
        if caller.token_sha256:
            yield Pass(account_of(caller), caller.token_sha256)
        elif caller.token:
            yield Pass(account_of(caller), digest(caller.token.get_secret_value()))


def account_of(caller: CallerSettings) -> Account:
    """The caller as the guards know it."""
    return Account(caller.subject, frozenset(caller.roles), caller.tenant)


def _check(caller: CallerSettings) -> None:
    """Raises ConfigError where a caller proves nothing, or only half of something."""
    ways = (caller.token_sha256, caller.token, caller.user, caller.certificate, caller.key_id, caller.client_id)
    if not any(ways):
        raise ConfigError(
            f"callers: {caller.subject} cannot prove who it is; "
            "set token_sha256, token_file, user, certificate, key_id or client_id"
        )
    if (caller.user is None) != (caller.password_hash is None):
        raise ConfigError(f"callers: {caller.subject} needs user and password_hash together")
    if caller.password_hash is not None and not readable(caller.password_hash.get_secret_value()):
        raise ConfigError(f"callers: {caller.subject}: password_hash must be what `scim-nevisidm hash` prints")
    if (caller.key_id is None) != (caller.public_key_file is None):
        raise ConfigError(f"callers: {caller.subject} needs key_id and public_key_file together")


def _check_roles(settings: Settings) -> None:
    """Raises ConfigError for a caller that may do nothing, and for roles that nobody knows."""
    known = [*ROLES, *settings.roles]
    claimed = [each for each in (*settings.issuers, *settings.introspection) if each.roles_claim is None]
    held = [(f"callers: {each.subject}", each.roles) for each in settings.callers]
    held += [("issuers and introspection: who comes by a token without roles_claim", each.roles) for each in claimed]
    for whose, roles in held:
        if not roles:
            raise ConfigError(f"{whose} has no roles and may do nothing; give it roles, such as [{ADMINISTRATOR}]")
        for role in roles:
            if role not in known:
                raise ConfigError(f"{whose}: there is no role {role!r}; there are {', '.join(known)}")


def roles_for(settings: Settings, mappings: Mappings) -> Roles:
    """What each role may do: the built-in ones, and those of the settings. Raises ConfigError for names that mean nothing."""
    names = RoleNames(mappings)
    for role, rules in settings.roles.items():
        for rule in rules:
            names.check_types(role, rule)
    return {
        name: tuple(_rule(name, each, names) for each in rules) for name, rules in {**ROLES, **settings.roles}.items()
    }


_WORDS: Mapping[str, frozenset[str]] = {"read": READ, "write": WRITE, "all": VERBS}


def _rule(role: str, said: RoleSettings, names: RoleNames) -> Rule:
    verbs = frozenset(verb for word in said.may for verb in _WORDS.get(word, frozenset((word,))))
    only = None if said.only is None else names.attributes(role, said, said.only)
    return Rule(frozenset(said.types), verbs, only, names.attributes(role, said, said.never))
