import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from shop.demo.catalogue import LANGUAGES, load_terms
from shop.troubleshooting import BUNDLED, GENERAL, Guide, Guides, GuidesError, Problem

NOTHING_TO_FAIL = {"tops", "knitwear", "bottoms", "dresses", "outerwear", "underwear", "shoes", "textiles"}

GENERAL_TEXT = """\
category: general
problems:
  no_power:
    name: {en: It is dead}
    phrases: {en: [it does not start]}
    steps:
    - text: {en: Plug it in.}
  hazard:
    name: {en: It smokes}
    phrases: {en: [smoke]}
    steps:
    - text: {en: Do not use it.}
      stop: true
"""

AUDIO_TEXT = """\
category: audio
problems:
  no_pairing:
    name:
      en: It does not pair
      de: Es koppelt nicht
    phrases:
      en: [no, "24"]
      de:
      - Bluetooth geht nicht
    steps:
    - text: {en: Come closer., de: Gehen Sie näher heran.}
    - text: {en: Do not use it.}
      stop: true
"""

Load = Callable[..., Guides]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(**files: str) -> Guides:
        for category, text in ({GENERAL: GENERAL_TEXT} | files).items():
            (tmp_path / f"{category}.yml").write_text(text, encoding="utf-8")
        return Guides.load(tmp_path)

    return load


@pytest.fixture(scope="module")
def bundled() -> Guides:
    return Guides.load(BUNDLED)


def problems_of(guides: Guides) -> list[Problem]:
    return [problem for category in guides.categories for problem in guides.of(category).problems]


def test_every_category_in_which_something_can_fail_has_a_bundled_guide(bundled: Guides) -> None:
    categories, _ = load_terms()
    assert categories.keys() > NOTHING_TO_FAIL
    assert set(bundled.categories) == categories.keys() - NOTHING_TO_FAIL | {GENERAL}


def test_bundled_guides_are_complete_in_every_language(bundled: Guides) -> None:
    for problem in problems_of(bundled):
        for texts in (problem.names, problem.phrases, *(step.texts for step in problem.steps)):
            assert set(texts) == set(LANGUAGES), (problem.key, texts)


def test_bundled_steps_can_be_read_on_a_phone(bundled: Guides) -> None:
    texts = [text for problem in problems_of(bundled) for step in problem.steps for text in step.texts.values()]
    assert [text for text in texts if len(text) > 300] == []
    assert [text for text in texts if re.search(r"[{}<>\[\]]|%[sd(]|TODO|…|\.\.\.", text)] == []


def test_bundled_problems_have_two_to_five_steps_unless_they_are_hazards(bundled: Guides) -> None:
    for problem in problems_of(bundled):
        assert len(problem.steps) in ((1,) if problem.is_hazard else (2, 3, 4, 5)), problem.key


def test_bundled_phrases_are_several_and_belong_to_one_problem(bundled: Guides) -> None:
    for category in bundled.categories:
        for language in LANGUAGES:
            phrases = [problem.phrases[language] for problem in bundled.of(category).problems]
            assert all(len(examples) >= 8 for examples in phrases), (category, language)
            counts = Counter(phrase.casefold() for examples in phrases for phrase in examples)
            assert [phrase for phrase, count in counts.items() if count > 1] == [], (category, language)


def test_a_category_without_a_guide_has_the_general_one(load: Load) -> None:
    guides = load(audio=AUDIO_TEXT)
    assert guides.categories == ("audio", GENERAL)
    assert guides.of("audio").category == "audio"
    assert guides.of("shoes") is guides.of(None) is guides.of(GENERAL)


def test_texts_are_read_as_written(load: Load) -> None:
    problem = load(audio=AUDIO_TEXT).of("audio").problems[0]
    assert (problem.key, problem.phrases["en"], problem.is_hazard) == ("no_pairing", ("no", "24"), False)
    assert [step.stop for step in problem.steps] == [False, True]


def test_a_missing_language_falls_back_to_english(load: Load) -> None:
    problem = load(audio=AUDIO_TEXT).of("audio").problems[0]
    assert (problem.name("de"), problem.name("fr")) == ("Es koppelt nicht", "It does not pair")
    assert [step.text("de") for step in problem.steps] == ["Gehen Sie näher heran.", "Do not use it."]


def test_the_general_hazards_are_part_of_every_guide(load: Load) -> None:
    guides = load(audio=AUDIO_TEXT)
    assert keys(guides.of("audio")) == ["no_pairing", "hazard"]
    assert keys(guides.of(GENERAL)) == ["no_power", "hazard"]


def test_a_guide_can_replace_a_general_hazard(load: Load) -> None:
    guide = load(audio=AUDIO_TEXT.replace("no_pairing", "hazard")).of("audio")
    assert [problem.name("en") for problem in guide.problems] == ["It does not pair"]


def keys(guide: Guide) -> list[str]:
    return [problem.key for problem in guide.problems]


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("category: audio", "category: radio", 1, "the category 'radio' belongs into radio.yml"),
        ("category: audio\n", "", 1, "'category' is missing"),
        ("problems:", "troubles:", 2, "unknown key 'troubles': known are category, problems"),
        ("    phrases:\n", "    sayings:\n", 7, "unknown key 'sayings': known are name, phrases, steps"),
        ("    - text: {en: Come", "    - hint: {en: Come", 12, "unknown key 'hint': known are text, stop"),
        ("      en: It does not pair\n", "", 5, "the English text (en) is missing"),
        ("en: Do not use it.", "de: Lassen Sie es.", 13, "the English text (en) is missing"),
        ("      en: It does not pair", "      en: ''", 5, "the text is empty"),
        ("      de: Es koppelt nicht", "      German: Es koppelt nicht", 6, "'German' is not a language code"),
        ("      de: Es koppelt nicht", "      en: Again", 6, "'en' stands here twice"),
        ('[no, "24"]', "[]", 8, "the list of phrases is empty"),
        ('[no, "24"]', "no", 8, "the phrases must be a list"),
        ('[no, "24"]', "[no, '']", 8, "the text is empty"),
        ("      - Bluetooth geht nicht\n", "", 9, "the phrases must be a list"),
        ("    - text: {en: Come closer.", "    - {en: Come closer.", 12, "unknown key 'en'"),
        (
            "de: Gehen Sie näher heran.}",
            "de: Halt.}\n      stop: true",
            14,
            "nothing can follow a step with `stop: true`",
        ),
        ("stop: true", "stop: maybe", 14, "'maybe' is neither true nor false"),
        ("    steps:\n", "    steps: [\n", 12, "not YAML"),
    ],
)
def test_errors_name_file_and_line(load: Load, old: str, new: str, line: int, problem: str) -> None:
    assert old in AUDIO_TEXT
    with pytest.raises(GuidesError, match=re.escape(problem)) as caught:
        load(audio=AUDIO_TEXT.replace(old, new, 1))
    assert str(caught.value).startswith(f"{caught.value.path}:{line}: ")
    assert caught.value.path.name == "audio.yml"


def test_a_guide_needs_problems(load: Load) -> None:
    with pytest.raises(GuidesError, match=r"audio\.yml:2: there are no problems"):
        load(audio="category: audio\nproblems: {}\n")


def test_the_general_guide_is_required(tmp_path: Path) -> None:
    (tmp_path / "audio.yml").write_text(AUDIO_TEXT, encoding="utf-8")
    with pytest.raises(GuidesError, match=r"general\.yml is missing"):
        Guides.load(tmp_path)
