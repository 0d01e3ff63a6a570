"""Loads what the processes of `tests.forks` have loaded already."""

from bot.engine import import_rasa

import_rasa()

import aftercare.app  # noqa: E402, F401
