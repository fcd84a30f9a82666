"""What the environment may say, and what is said back when it says something else."""

from __future__ import annotations

import base64
import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from ledger.key_file import write_keys
from ledger.settings import Settings, SettingsError


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environ({"PORT": "", "DATABASE_URL": " "})
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path("var"))
    assert settings == Settings()


EVERY_VARIABLE = {
    "HOST": "localhost",
    "PORT": "0",
    "DATA_DIR": "/srv/till",
    "SEAL_DIR": "/srv/seal",
    "DATABASE_URL": "postgresql://a:b@c/d",
    "MAX_BODY_BYTES": "2048",
    "BODIES_BYTES": "4096",
    "QUEUED_COMMANDS": "7",
    "HEAD_SECONDS": "1",
    "BODY_SECONDS": "2.5",
    "ANSWER_SECONDS": "3",
    "PAGE_SIZE": "10",
    "PAGE_LIMIT": "20",
    "MIN_POSITION_WAIT": "0.5",
    "SWISH_PAYMENT_TYPE": "12",
    "MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
    "MASTER_KEY_OLD": f"{base64.b64encode(b'o' * 32).decode()}, {base64.b64encode(b'p' * 32).decode()}",
    "SWISH_ADDRESSES": "213.132.115.94, 10.0.0.0/8",
    "TRUSTED_PROXIES": "::1",
    "DEMO": "Off",
    "METRICS_TOKEN": "a-token-nobody-guesses",
    "LOG_LEVEL": "debug",
    "LOG_FORMAT": "JSON",
}


def test_every_variable_is_read() -> None:
    settings = Settings.from_environ(EVERY_VARIABLE)
    assert settings == Settings(
        host="localhost",
        port=0,
        data_dir=Path("/srv/till"),
        seal_dir_given=Path("/srv/seal"),
        database_url="postgresql://a:b@c/d",
        max_body_bytes=2048,
        bodies_bytes=4096,
        queued_commands=7,
        head_seconds=1.0,
        body_seconds=2.5,
        answer_seconds=3.0,
        page_size=10,
        page_limit=20,
        min_position_wait=0.5,
        swish_payment_type=12,
        keys=(b"k" * 32,),
        old_keys=(b"o" * 32, b"p" * 32),
        swish_addresses=(ip_network("213.132.115.94"), ip_network("10.0.0.0/8")),
        trusted_proxies=(ip_network("::1"),),
        demo_wanted=False,
        metrics_token="a-token-nobody-guesses",
        log_level="DEBUG",
        log_format="json",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "8000.0"),
        ("PORT", "٨"),
        ("DATABASE_URL", "mysql://localhost"),
        ("MAX_BODY_BYTES", "0"),
        ("PAGE_SIZE", "0"),
        ("PAGE_LIMIT", "1e3"),
        ("MIN_POSITION_WAIT", "soon"),
        ("MIN_POSITION_WAIT", "nan"),
        ("MIN_POSITION_WAIT", "-1"),
        ("SWISH_PAYMENT_TYPE", "Swish"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("DEMO", "maybe"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SWISH_ADDRESSES", "swish.nu"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_should_be(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} takes .*{value}"):
        Settings.from_environ({name: value})


@pytest.mark.parametrize("value", ["c2hvcnQ=", "not base64!", "k" * 32])
def test_a_wrong_master_key_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(SettingsError, match="MASTER_KEY takes 32 bytes in base64") as caught:
        Settings.from_environ({"MASTER_KEY": value})
    assert value not in str(caught.value)


def test_a_short_metrics_token_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="METRICS_TOKEN takes at least 16") as caught:
        Settings.from_environ({"METRICS_TOKEN": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_the_demo_is_on_only_without_a_database_of_ones_own() -> None:
    assert Settings().demo
    assert not Settings.from_environ({"DATABASE_URL": "postgresql://c/d"}).demo
    assert not Settings.from_environ({"DEMO": "off"}).demo
    with pytest.raises(SettingsError, match="DEMO takes off"):
        Settings.from_environ({"DEMO": "on", "DATABASE_URL": "postgresql://c/d"})


def test_keys_that_were_replaced_are_known_after_the_one_in_force(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    (old,) = settings.master_keys()
    write_keys(tmp_path / "master.key", [b"n" * 32, old], replace=True)
    assert settings.master_keys() == (b"n" * 32, old)
    assert settings.master_keys()[0] == b"n" * 32
    assert Settings(keys=(b"k" * 32,), old_keys=(old,)).master_keys() == (b"k" * 32, old)


def test_a_wrong_database_url_is_refused_without_its_password() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"DATABASE_URL": "mysql://ledger:secret@db/ledger"})
    assert "secret" not in str(caught.value)


def test_a_page_is_never_larger_than_its_limit() -> None:
    assert Settings.from_environ({"PAGE_LIMIT": "10"}).page_size == 10


def test_the_master_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    key = settings.master_keys()[0]
    assert len(key) == 32
    assert settings.master_keys()[0] == key
    files = list((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["master.key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_a_master_key_that_is_given_makes_no_file(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path, keys=(b"k" * 32,)).master_keys()[0] == b"k" * 32
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_master_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("half a k")
    with pytest.raises(SettingsError, match=r"master\.key takes 32 bytes"):
        Settings(data_dir=tmp_path).master_keys()[0]
    assert (tmp_path / "master.key").read_text() == "half a k"
