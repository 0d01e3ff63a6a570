"""Every sentence of the widget is where its catalogues are made from, and none is in its code."""

import re
from pathlib import Path

import pytest
import yaml

from aftercare.settings import ROOT
from bot.localization import Catalogues
from connectors.widget.messages import DOMAIN, INTERFACE, bundle

ROOM = ROOT / "connectors" / "widget"
LOCALES = ROOM / "locales"
SCRIPTS = sorted((ROOM / "static").glob("*.js"))
KEYS = set(yaml.safe_load(INTERFACE.read_text(encoding="utf-8")))
LANGUAGES = sorted(path.name for path in LOCALES.iterdir())

LITERAL = re.compile(r'"([^"\n]*)"|`([^`]*)`')
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
WORDS = re.compile(r"[A-Z][a-z]+ [a-z]+|[a-z]+[.!?]$|[\u0080-\uffff]{2}")


def test_all_keys_are_said_somewhere_and_none_is_missing() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    said = set(re.findall(r'\bt\("(\w+)"', code)) | set(re.findall(r"\.messages\.(\w+)", code))
    # Keys that are put together: t(`status_${status}`).
    prefixes = tuple(re.findall(r"\bt\(`(\w+_)\$\{", code))
    quoted = {key for keys in re.findall(r'"(\w+)"|\b(\w+):', code) for key in keys}
    assert said <= KEYS
    assert {key for key in KEYS if key not in said | quoted and not key.startswith(prefixes)} == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_sentence_is_in_the_code(script: Path) -> None:
    code = COMMENT.sub("", script.read_text(encoding="utf-8"))
    literals = [one or other for one, other in LITERAL.findall(code)]
    assert [text for text in literals if WORDS.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_named_as_browsers_name_them(language: str) -> None:
    forms = bundle(Catalogues(LOCALES, DOMAIN), language, ["en"])["messages"]["unread"]
    expected = {"ar": {"zero", "one", "two", "few", "many", "other"}, "zh": {"other"}, "es": {"one", "other"}}
    assert set(forms) >= expected.get(language, {"one", "other"}) - {"zero"} and "other" in forms


def test_arabic_runs_from_right_to_left() -> None:
    catalogues = Catalogues(LOCALES, DOMAIN)
    assert bundle(catalogues, "ar", ["de"])["dir"] == "rtl"
    assert bundle(catalogues, "de", ["de"]) | {"messages": {}} == {
        "lang": "de",
        "dir": "ltr",
        "messages": {},
        "languages": [{"lang": "de", "name": "Deutsch"}],
    }
