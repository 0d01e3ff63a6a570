"""The image: what goes into it is there, and what it is told is understood."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from aftercare.settings import PREFIX, ROOT
from tests.deploy.files import DEPLOY, SETTINGS, instructions

DOCKERFILE = DEPLOY / "Dockerfile"
LINTER = Path(sys.executable).with_name("hadolint")
TEXT = DOCKERFILE.read_text(encoding="utf-8")
FOUND = list(instructions(TEXT))


def allowed() -> list[str]:
    """What of the repository the image is made of."""
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore  # everything else is left out
    return [line[1:] for line in ignore if line.startswith("!")]


def test_the_linter_finds_nothing() -> None:
    linted = subprocess.run([LINTER, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_all_that_the_server_is_made_of_is_copied_and_nothing_else() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(packages["packages"]) <= set(allowed())
    assert {"config.yml", "credentials.yml", "endpoints.yml", "pyproject.toml", "uv.lock"} <= set(allowed())
    assert [name for name in allowed() if not (ROOT / name).exists()] == []
    assert not {".env", ".git", "deploy", "tests", "var"} & set(allowed())


def test_what_is_copied_by_name_is_there() -> None:
    copied = [rest.split()[:-1] for name, rest in FOUND if name == "COPY" and not rest.startswith("--from")]
    for name in (name for names in copied for name in names):
        assert name == "." or name in allowed()


def test_it_knows_the_settings_and_commands_that_it_names() -> None:
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", TEXT)) <= SETTINGS
    from typer.main import get_command

    from aftercare.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    trained = re.search(r"bin/aftercare (\w+)", TEXT)
    assert trained and trained[1] in commands
    assert [rest for name, rest in FOUND if name in ("ENTRYPOINT", "CMD")] == ['["aftercare"]', '["serve"]']
    assert "serve" in commands


def test_it_is_nobody_of_importance_who_serves() -> None:
    last = FOUND[max(index for index, (name, _) in enumerate(FOUND) if name == "FROM") :]
    assert ("USER", "10001:10001") in last
    (health,) = [rest for name, rest in last if name == "HEALTHCHECK"]
    assert "/health/live" in health
    assert '"/health/live"' in (ROOT / "aftercare" / "app.py").read_text()
