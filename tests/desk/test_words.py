"""The sentences of the desk: whatever pages and scripts say is there, and nothing is there in vain."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from babel import Locale

from bot.localization import Catalogues
from desk.console.times import absolute, ago, span
from desk.messages import DOMAIN, INTERFACE, LOCALES, Words, bundle, desk_messages

DESK = Path(__file__).parents[2] / "desk"
CATALOGUES = Catalogues(LOCALES, DOMAIN)
KEYS = {source.context for source in desk_messages().sources}
PLURAL = {source.context for source in desk_messages().sources if source.plural}

USE = re.compile(r"""(?<![\w.])(?P<how>[tn])\(\s*(?P<quote>["'`])(?P<key>[a-z0-9_]+)(?P=quote)(?P<more>\s*~)?""")


def uses(*suffixes: str) -> set[tuple[str, str, bool]]:
    """The keys in templates or scripts, how they are used, and whether that is only the beginning of the key."""
    files = [path for path in DESK.rglob("*") if path.suffix in suffixes]
    return {
        (found["key"], found["how"], bool(found["more"]))
        for path in files
        for found in USE.finditer(path.read_text(encoding="utf-8"))
    }


def test_everything_that_is_said_has_a_sentence() -> None:
    for key, how, beginning in uses(".html", ".js"):
        if beginning:
            assert [known for known in KEYS if known.startswith(key)], key
        else:
            assert key in KEYS, key
            assert (key in PLURAL) == (how == "n"), key


def test_scripts_say_what_browsers_load() -> None:
    loaded = bundle(CATALOGUES, "de")
    said = {key for key, _, _ in uses(".js")}
    assert said and said <= loaded.keys(), said - loaded.keys()
    assert loaded["common_js_unread"] == {
        "one": "{count} ungelesene Nachricht",
        "other": "{count} ungelesene Nachrichten",
    }


def test_a_key_begins_with_its_part() -> None:
    for path in INTERFACE.glob("*.yml"):
        keys = re.findall(r"^(\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert keys and not [key for key in keys if not key.startswith(f"{path.stem}_")], path.name


def test_words_in_a_language() -> None:
    words = Words(CATALOGUES, "de")
    assert words.text("common_desk", shop="Halden") == "Halden Kundendienst"
    assert words.plural("list_follow_up_stars", 1) == "1 von 5 Sternen"
    assert words.word("reason", "complaint") == "Beschwerde"
    assert words.word("tag", "black_friday") == "black friday"
    # English, where there is no catalogue of a language.
    assert Words(CATALOGUES, "tlh").plural("common_js_unread", 2) == "2 unread messages"


def test_moments_are_told_as_they_are_read() -> None:
    now, english, german = datetime(2026, 11, 22, 17, 0, tzinfo=UTC), Locale("en"), Locale("de")
    assert [span(timedelta(seconds=seconds), english) for seconds in (5, 119, 71 * 60, 72 * 60)] == [
        "1 min",
        "1 min",
        "71 min",
        "1 hr",
    ]
    assert span(timedelta(hours=50), german) == "2 Tg."
    assert ago(now - timedelta(minutes=4), now, german) == "vor 4 Min."
    assert ago(now + timedelta(hours=2), now, german) == "in 2 Std."
    # In the agent's time zone, an hour ahead of the server's.
    assert absolute(now, german, "Europe/Berlin") == "22.11.2026, 18:00:00"
