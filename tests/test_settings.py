"""Settings: one model, file and environment, secrets from files, nothing unknown in silence."""

from pathlib import Path

import pytest
import yaml

from gateway.errors import ConfigError
from gateway.settings import Settings, names
from gateway.settings.source import load_settings


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("nevisidm: {url: https://file, client: '7'}\nlimits: {body_bytes: 10}\n")
    settings = load_settings(file, {"GATEWAY_NEVISIDM__URL": "https://env"})
    assert (settings.nevisidm.url, settings.nevisidm.client, settings.limits.body_bytes) == ("https://env", "7", 10)


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("nevisidm: {ulr: https://x}\n")
    with pytest.raises(ConfigError, match=r"unknown setting nevisidm\.ulr, did you mean url"):
        load_settings(file, {})


def test_an_unknown_variable_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean GATEWAY_LOG_LEVEL"):
        load_settings(None, {"GATEWAY_LOG_LEVLE": "info"})


def test_a_secret_comes_from_a_file_and_stays_out_of_repr(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret" * 6 + "\n")
    settings = load_settings(None, {"GATEWAY_CURSORS__KEY_FILE": str(tmp_path / "key")})
    assert settings.cursors.key is not None
    assert settings.cursors.key.get_secret_value() == "s3cret" * 6
    assert "s3cret" not in repr(settings)


def test_a_missing_secret_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(None, {"GATEWAY_CURSORS__KEY_FILE": str(tmp_path / "none")})


def test_capabilities_are_checked_too() -> None:
    assert load_settings(None, {"GATEWAY_CAPABILITIES__IEQ": "off"}).capabilities.ieq == "off"
    with pytest.raises(ConfigError, match="ieq"):
        load_settings(None, {"GATEWAY_CAPABILITIES__IEQ": "maybe"})


def test_callers_come_as_json() -> None:
    settings = load_settings(None, {"GATEWAY_CALLERS": '[{"subject": "hr", "token": "t"}]'})
    assert settings.callers[0].subject == "hr"


def test_every_setting_has_a_description() -> None:
    assert all(each.meaning for each in names())


def test_a_capability_set_to_its_default_counts_as_set() -> None:
    settings = load_settings(None, {"GATEWAY_CAPABILITIES__IEQ": "on"})
    assert settings.given_capabilities == {"ieq"}
    assert load_settings(None, {}).given_capabilities == frozenset()


def test_leniencies_are_chosen_per_address(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("leniencies: {idcs: [flat_values], rfc: []}\n")
    chosen = load_settings(file, {"GATEWAY_LENIENCIES__IDCS": '["urn_keys"]'}).leniencies
    assert (chosen.idcs, chosen.rfc) == (("urn_keys",), ())
    assert load_settings(None, {}).leniencies.idcs is None


def test_an_unknown_leniency_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("leniencies: {rfc: [boolean_string]}\n")
    with pytest.raises(ConfigError, match=r"leniencies\.rfc\.0: .*did you mean boolean_strings\?"):
        load_settings(file, {})


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ({"url": "http://idm.example.ch"}, "use https://, or set plain_http"),
        ({"url": "https://a.example", "fallback_urls": ["http://b.example"]}, "use https://, or set plain_http"),
        ({"login": {"token_url": "http://login.example/token"}}, "use https://, or set plain_http"),
        ({"url": "https://user:secret-4711@idm.example.ch"}, "must not hold a user"),
        ({"url": "https://idm.example.ch/?x=1"}, "must not hold a user, a query or a fragment"),
        ({"url": "idm.example.ch"}, "must begin with https://"),
        ({"url": "https://"}, "must begin with https:// and name a host"),
        ({"url": "https://idm.example.ch:port"}, "cannot be read"),
        ({"fallback_urls": ["https://b.example"]}, "fallback_urls need url"),
        ({"url": "https://a.example/", "fallback_urls": ["https://a.example"]}, "must differ"),
        ({"login": {"certificate_file": "c.pem"}}, "belong together"),
        (
            {"url": "http://127.0.0.1", "login": {"mode": "certificate", "certificate_file": "c", "key_file": "k"}},
            "needs https://",
        ),
    ],
)
def test_a_way_to_nevisidm_that_would_not_be_safe_is_a_finding(
    tmp_path: Path, said: dict[str, object], cure: str
) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump({"nevisidm": said}))
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    assert cure in str(caught.value)
    assert "secret-4711" not in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://127.0.0.1:8989"},
        {"url": "http://[::1]:8989/prefix"},
        {"url": "http://localhost"},
        {"url": "http://nevisidm:8080", "plain_http": True},
        {"url": "https://a.example", "fallback_urls": ["https://b.example/prefix"]},
    ],
)
def test_these_ways_are_safe_or_meant(said: dict[str, object]) -> None:
    assert Settings(nevisidm=said).nevisidm.url == said["url"]


def test_the_files_of_the_login_stay_files_so_that_they_can_be_read_again(tmp_path: Path) -> None:
    found = load_settings(None, {"GATEWAY_NEVISIDM__LOGIN__TOKEN_FILE": str(tmp_path / "token")}).nevisidm.login
    assert (found.token, found.token_file) == (None, tmp_path / "token")
