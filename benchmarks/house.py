"""The assistant's own server, in a home folder that is thrown away."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import yaml

from aftercare.house import lay_ground
from aftercare.settings import Settings
from aftercare.training import model_path
from benchmarks.servers import HOST, Effort, Server, bare_environment, free_port, run

COMMAND = (sys.executable, "-m", "aftercare")

TRAINING_PATIENCE = 1200

UNLIMITED = "1000000/minute"

WIDGET = "connectors.widget.channel.WidgetChannel"


class House:
    """A home folder, and a project that is the given one but for the limits of the widget: nobody may write as much as
    a benchmark does.

    Args:
        folder: an empty one.
        project: the folder with `config.yml`, `bot/` and the rest.
    """

    def __init__(self, folder: Path, project: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.project = _unlimited(project, folder / "project")

    def take_model(self, models: Path) -> bool:
        """Take the model of the project's present state from a folder of models, with what was trained beside it;
        whether it was there.
        """
        ground = lay_ground(self._settings())
        wanted = model_path(ground.settings, ground.articles)
        if not (models / wanted.name).exists():
            return False
        wanted.parent.mkdir(exist_ok=True)
        shutil.copyfile(models / wanted.name, wanted)
        for beside in models.iterdir():
            if beside.is_dir():
                shutil.copytree(beside, wanted.parent / beside.name)
        return True

    def train(self) -> Effort:
        """Train the model. Raises `ServerError`."""
        environment = bare_environment(AFTERCARE_HOME=str(self.home), AFTERCARE_PROJECT=str(self.project))
        return run([*COMMAND, "train", "--force"], environment, self.home / "training.log", TRAINING_PATIENCE)

    def server(self, workers: int = 1, database_url: str = "", redis_url: str = "") -> Server:
        """A server that is not started yet; on a SQLite file of the home folder unless a database is named."""
        environment = bare_environment(
            AFTERCARE_HOME=str(self.home),
            AFTERCARE_PROJECT=str(self.project),
            AFTERCARE_DATABASE_URL=database_url,
            AFTERCARE_REDIS_URL=redis_url,
        )
        port = free_port()
        command = [*COMMAND, "serve", "--host", HOST, "--port", str(port), "--workers", str(workers)]
        return Server(command, environment, port, self.home / f"server-{port}.log")

    def actions(self) -> Server:
        """An action server that is not started yet."""
        environment = bare_environment(AFTERCARE_HOME=str(self.home), AFTERCARE_PROJECT=str(self.project))
        port = free_port()
        command = [*COMMAND, "actions", "--host", HOST, "--port", str(port)]
        return Server(command, environment, port, self.home / f"actions-{port}.log", ready="/health")

    @property
    def mail(self) -> Path:
        """The folder of letters to customers."""
        return self._settings().mail

    def _settings(self) -> Settings:
        return Settings(home=self.home, project=self.project, _env_file=None)  # type: ignore[call-arg]


def _unlimited(project: Path, folder: Path) -> Path:
    folder.mkdir()
    for entry in project.iterdir():
        if not entry.name.startswith(".") and entry.name != "credentials.yml":
            (folder / entry.name).symlink_to(entry.resolve())
    credentials = yaml.safe_load((project / "credentials.yml").read_text(encoding="utf-8"))
    limits = {
        "connect": {"address": UNLIMITED},
        "begin": {"address": UNLIMITED},
        "message": {"visitor": UNLIMITED, "address": UNLIMITED},
    }
    credentials[WIDGET] = {**(credentials.get(WIDGET) or {}), "limits": limits}
    (folder / "credentials.yml").write_text(yaml.safe_dump(credentials), encoding="utf-8")
    return folder
