import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aftercare.errors import ConfigurationError
from aftercare.secret import load_secret
from aftercare.settings import Settings, SettingsError

GIVEN = "a secret of thirty-two characters, or more"


def settings(home: Path, secret: str = "") -> Settings:
    return Settings(home=home, secret=secret, _env_file=None)  # type: ignore[call-arg, arg-type]


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    secret = load_secret(settings(tmp_path))
    assert len(secret) == 64
    assert load_secret(settings(tmp_path)) == secret
    file = tmp_path / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_every_home_has_its_own(tmp_path: Path) -> None:
    for home in ("a", "b"):
        (tmp_path / home).mkdir()
    assert load_secret(settings(tmp_path / "a")) != load_secret(settings(tmp_path / "b"))


def test_of_several_that_start_together_all_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: load_secret(settings(tmp_path)), range(64)))
    assert len(set(found)) == 1


def test_a_secret_of_the_settings_wins_and_is_not_written(tmp_path: Path) -> None:
    assert load_secret(settings(tmp_path, GIVEN)) == GIVEN.encode()
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_is_too_short_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERCARE_SECRET", "hunter2")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert str(caught.value) == "AFTERCARE_SECRET: must have at least 32 characters"
    (tmp_path / "secret").write_text("hunter2\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="at least 32 characters") as broken:
        load_secret(settings(tmp_path))
    assert "hunter2" not in str(broken.value)


def test_the_settings_do_not_show_it() -> None:
    assert GIVEN not in repr(settings(Path(), GIVEN))
