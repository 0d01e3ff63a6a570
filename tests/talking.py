"""Conversations with the trained model in this process: a house of its own each, on a clock that the test sets.

Everything is real but the clock and the postman's bag: the model, the shop on a SQLite file, the outbox. What is
written to customers is noted on its way to the outbox, so that a test can read the code in a letter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.engine import import_rasa

# Before anything else imports Rasa, and with it TensorFlow.
import_rasa()

# ruff: noqa: E402
from aftercare.house import Ground, furnish, lay_ground, load_assistant, open_conversations, open_photos, services_of
from aftercare.logs import configure
from aftercare.settings import Settings
from aftercare.training import model_path
from bot.assistant import TurnProcessor
from bot.letters import Letter, Post
from conversations import Incoming
from shop import SqlShop
from storage import Database, migrate

Answer = list[dict[str, Any]]

_load_model = TurnProcessor._load_model


class NotedPost:
    """A post that notes the letters it takes."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._keys: set[str] = set()
        self.letters: list[Letter] = []

    async def put(self, letter: Letter, key: str) -> None:
        if key not in self._keys:
            self._keys.add(key)
            self.letters.append(letter)
        await self._post.put(letter, key)

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)
        await self._post.send(letter)


class Clock:
    """The present moment, which goes on only when it is told to.

    It is the same in every run: at another hour, or on another day of the week, other days are promised.
    """

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Talk:
    """A customer and the assistant, who have a shop to themselves.

    Args:
        home: a folder for the shop's database, empty or with a copy of a filled one.
        model: a trained model.
    """

    home: Path
    model: Path
    clock: Clock = field(default_factory=Clock)
    sender: str = "customer"
    answer: Answer = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    _last: Incoming | None = None
    _count: int = 0

    def __post_init__(self) -> None:
        # Loading takes longer than a conversation; what is loaded is never changed.
        TurnProcessor._load_model = staticmethod(_cached_model)  # type: ignore[method-assign]

    async def start(self) -> None:
        """Open the house; again, it is a restart of the process."""
        self.ground = ground_at(self.home, self.clock)
        services = services_of(self.ground)
        post = NotedPost(services.post)
        post.letters = self.letters
        services.codes._post = post
        self.services = replace(services, post=post)
        self.photos = open_photos(self.ground)
        self.assistant = load_assistant(self.ground, self.model, self.services)
        self._take_responses()
        self.conversations = open_conversations(self.ground, self.assistant)

    def _take_responses(self) -> None:
        """Say what `domain.yml` has now, which may be younger than the model."""
        self.assistant._processor.nlg._responses.update(_responses(self.ground.settings.domain_file))

    async def close(self) -> None:
        """Close it."""
        await self.conversations.close()
        await self.ground.database.close()

    async def restart(self) -> None:
        """Close the house and open it again, as when the process dies and is started anew."""
        await self.close()
        await self.start()

    async def say(self, text: str, **fields: Any) -> Answer:
        """Say something; returns the answer."""
        self._count += 1
        self._last = Incoming("test", self.sender, text, f"m{self._count}", **fields)
        return await self.again()

    async def again(self) -> Answer:
        """Deliver the last message (again)."""
        assert self._last is not None
        self.answer = await self.conversations.receive(self._last)
        return self.answer

    async def press(self, wanted: str, **fields: Any) -> Answer:
        """Press a button of the last answer: the one with this choice, payload or title."""
        found = [button["payload"] for button in self.buttons if _is(button, wanted)]
        assert found, (wanted, self.buttons)
        return await self.say(found[-1], **fields)

    async def code(self, right: bool = True) -> str:
        """The code in the last letter; or one that is wrong."""
        await self._letters_sent()
        codes = [str(letter.values["code"]) for letter in self.letters if letter.name == "code"]
        if right:
            assert codes, "no code was sent"
            return codes[-1]
        return "000000" if not codes or codes[-1] != "000000" else "111111"

    def wait(self, duration: str) -> None:
        """Let time pass: "31 minutes", "2 days"."""
        number, unit = re.fullmatch(r"(\d+) (minute|hour|day)s?", duration).groups()  # type: ignore[union-attr]
        self.clock.moment += timedelta(**{f"{unit}s": int(number)})

    @property
    def text(self) -> str:
        """What the last answer says."""
        return "\n".join(said.get("text", "") for said in self.answer)

    @property
    def buttons(self) -> list[dict[str, str]]:
        """The buttons of the last answer."""
        return [button for said in self.answer for button in said.get("buttons", [])]

    async def _letters_sent(self) -> None:
        """Wait for letters that are sent in the background."""
        await self.services.codes.close()


def ground_at(home: Path, clock: Clock) -> Ground:
    """The ground of a home; articles, policies and guides, which nothing changes, are read once."""
    common = _common_ground()
    settings = common.settings.model_copy(update={"home": home})
    database = Database(settings.database)
    ground = replace(
        common, settings=settings, database=database, shop=SqlShop(database, common.policies, now=clock), now=clock
    )
    vars(ground)["guides"] = common.guides
    return ground


def furnished_home(folder: Path) -> Path:
    """A home with the demonstration shop, to be copied for each conversation. To be called outside of a loop."""
    ground = ground_at(folder, Clock())
    migrate(ground.settings.database)
    asyncio.run(_furnish(ground))
    return folder


async def _furnish(ground: Ground) -> None:
    await furnish(ground)
    await ground.database.close()


def copy_home(template: Path, folder: Path) -> Path:
    """A home like another."""
    shutil.copytree(template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("models", "*.log"))
    return folder


def trained_model(home: Path) -> Path:
    """The model that was trained in a home from the present state of the project."""
    ground = lay_ground(Settings(home=home, project=Path(__file__).parent.parent))
    return model_path(ground.settings, ground.articles)


@cache
def _responses(domain_file: Path) -> dict[str, Any]:
    content = yaml.load(domain_file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    responses: dict[str, Any] = content["responses"]
    return responses


@cache
def _common_ground() -> Ground:
    return lay_ground(Settings(home=Path(tempfile.mkdtemp()), project=Path(__file__).parent.parent))


@cache
def _cached_model(model: str | Path) -> Any:
    return _load_model(model)


def _is(button: dict[str, str], wanted: str) -> bool:
    return wanted in (button["title"], button["payload"]) or f'"choice": "{wanted}"' in button["payload"]


async def _play(home: Path, language: str, messages: Sequence[str]) -> None:
    """Print a conversation, for reading it aloud."""
    talk = Talk(home, Path(os.environ["AFTERCARE_TEST_MODEL"]))
    await talk.start()
    for message in messages:
        kind, _, value = message.partition(":")
        print(f"\n> {message}")
        if kind == "press":
            await talk.press(value, locale_hint=language)
        elif kind == "code":
            await talk.say(await talk.code(value != "wrong"), locale_hint=language)
        elif kind == "wait":
            talk.wait(value)
            continue
        else:
            await talk.say(message, locale_hint=language)
        for said in talk.answer:
            print(f"  {said.get('text', '')}")
            for button in said.get("buttons", []):
                print(f"    [{button['title']}]  {button['payload'][:90]}")
            if "custom" in said:
                print(f"    card: {json.dumps(said['custom'], ensure_ascii=False, indent=2)}")
    print("\nletters:", [(letter.name, dict(letter.values)) for letter in talk.letters])
    await talk.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Play a conversation with the model at AFTERCARE_TEST_MODEL.")
    arguments.add_argument("--language", default="en", help="the locale that the channel knows")
    arguments.add_argument("messages", nargs="+", help="what is said; press:CHOICE, code:right, wait:2 days")
    given = arguments.parse_args()
    configure("warning", "console")
    asyncio.run(_play(furnished_home(Path(tempfile.mkdtemp())), given.language, given.messages))
