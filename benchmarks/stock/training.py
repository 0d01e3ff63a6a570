"""Train stock Rasa: `python -m benchmarks.stock.training --project … --target … --seconds …`.

With the default number of epochs; a neural component that would take longer than its share of the time is stopped, and
how far it came is written beside the model (`training.json`). Epochs do not change what a turn costs.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from pathlib import Path
from typing import Any

from bot.engine import import_rasa

# No progress bars.
os.environ["LOG_LEVEL"] = "ERROR"
import_rasa(neural=True)

# ruff: noqa: E402
from keras.callbacks import Callback
from rasa.model_training import train
from rasa.utils.log_utils import configure_structlog
from rasa.utils.tensorflow.models import RasaModel

from benchmarks.stock import REPORT
from benchmarks.stock.project import export

SHARES = {"DIET": 0.6, "DIET2BOW": 0.2, "TED": 0.1, "IntentTED": 0.1}
"""Of the time for all, by the class of the model: those of `DIETClassifier`, `ResponseSelector`, `TEDPolicy` and
`UnexpecTEDIntentPolicy`.
"""

MODEL = "stock"


class Deadline(Callback):  # type: ignore[misc]
    """Stops a training when its time is up, and notes how far it came.

    Args:
        seconds: after which it is stopped.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._started = 0.0
        self.epochs = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        """Look at the clock."""
        self._started = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Count the epoch."""
        self.epochs = float(epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop it, if it is time."""
        steps = self.params.get("steps") or 1
        self.epochs = int(self.epochs) + min((batch + 1) / steps, 1)
        if time.monotonic() - self._started > self._seconds:
            self.model.stop_training = True


class TimedTraining:
    """Stands in for `RasaModel.fit`, with a deadline for each model.

    Args:
        seconds: for all models together.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._fit = RasaModel.fit
        self.epochs: dict[str, dict[str, float]] = {}

    def __call__(self, model: Any, *args: Any, epochs: int, callbacks: list[Any], **options: Any) -> Any:
        """Train a model."""
        name = type(model).__name__
        deadline = Deadline(self._seconds * SHARES.get(name, 0.1))
        result = self._fit(model, *args, epochs=epochs, callbacks=[*callbacks, deadline], **options)
        self.epochs[name] = {"done": round(deadline.epochs, 2), "of": epochs}
        return result


def main(project: Path, target: Path, seconds: float) -> None:
    """Write the project, train, and say how far it came."""
    configure_structlog(logging.INFO)
    export(project, target)
    timed = TimedTraining(seconds)
    RasaModel.fit = lambda model, *args, **options: timed(model, *args, **options)
    started, used = time.monotonic(), time.process_time()
    train(
        domain=str(target / "domain.yml"),
        config=str(target / "config.yml"),
        training_files=str(target / "data"),
        output=str(target / "models"),
        fixed_model_name=MODEL,
        force_training=True,
    )
    took = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - used}
    (target / REPORT).write_text(json.dumps({**took, "epochs": timed.epochs}), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    main(options.project, options.target, options.seconds)
