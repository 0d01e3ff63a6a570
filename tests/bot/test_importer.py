from __future__ import annotations

import copy
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.knowledge_base.samples import ARTICLE

if TYPE_CHECKING:
    from bot.nlu.importer import Example, MultilingualImporter

HEAD = 'version: "3.1"\nnlu:\n'
CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: bot.nlu.pipelines.LanguagePipelines
  languages:
    en: []
    de: []
"""
GREET = """\
- intent: greet
  examples: |
    - hello
    - good morning
"""


@pytest.fixture
def importer(rasa: None) -> ModuleType:
    """The module `bot.nlu.importer`."""
    from bot.nlu import importer

    return importer


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the least of a project."""
    (tmp_path / "bot").mkdir()
    (tmp_path / "config.yml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "bot" / "domain.yml").write_text(
        'version: "3.1"\nintents: [greet, track_order, ask_faq]\nentities: [order_number, product]\n',
        encoding="utf-8",
    )
    return tmp_path


def write_examples(project: Path, language: str, blocks: str, name: str = "examples") -> Path:
    path = project / "bot" / "data" / "nlu" / language / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + blocks, encoding="utf-8")
    return path


def write_article(project: Path, language: str, slug: str, *questions: str) -> Path:
    path = project / "knowledge_base" / "articles" / language / f"{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = "\n".join(f"  - {question}" for question in questions)
    path.write_text(
        ARTICLE.format(title="A title", category="returns", answer="  An answer.", questions=asked, body="Text."),
        encoding="utf-8",
    )
    return path


@pytest.fixture
def imported(importer: ModuleType, project: Path) -> MultilingualImporter:
    result: MultilingualImporter = importer.MultilingualImporter(str(project / "config.yml"))
    return result


def test_examples_are_tagged_with_the_language_of_their_folder(imported: MultilingualImporter, project: Path) -> None:
    write_examples(project, "en", GREET)
    write_examples(project, "de", "- intent: greet\n  examples: |\n    - hallo\n", name="one")
    write_examples(project, "de", "- intent: greet\n  examples: |\n    - moin\n", name="two")

    found = [
        (example.get("language"), example.get("intent"), example.get("text"))
        for example in imported.get_nlu_data().training_examples
    ]
    assert sorted(found) == [
        ("de", "greet", "hallo"),
        ("de", "greet", "moin"),
        ("en", "greet", "good morning"),
        ("en", "greet", "hello"),
    ]


def test_a_language_without_a_pipeline_is_left_out(imported: MultilingualImporter, project: Path) -> None:
    write_examples(project, "en", GREET)
    write_examples(project, "it", "- intent: greet\n  examples: |\n    - ciao\n")
    write_article(project, "it", "return-policy", "quanto tempo")
    assert {example.get("language") for example in imported.get_nlu_data().training_examples} == {"en"}


def test_the_questions_of_an_article_train_its_own_sub_intent(imported: MultilingualImporter, project: Path) -> None:
    write_article(project, "de", "return-policy", "kann ich [Schuhe](product) zurückgeben", "wie lange")
    write_article(project, "en", "size-guide", "which size")

    examples = imported.get_nlu_data().training_examples
    assert [
        (example.get("language"), example.get("intent"), example.get("intent_response_key"), example.get("text"))
        for example in examples
    ] == [
        ("de", "ask_faq", "ask_faq/return-policy", "kann ich Schuhe zurückgeben"),
        ("de", "ask_faq", "ask_faq/return-policy", "wie lange"),
        ("en", "ask_faq", "ask_faq/size-guide", "which size"),
    ]
    assert [(mark["entity"], mark["value"]) for mark in examples[0].get("entities")] == [("product", "Schuhe")]


def test_rasa_finds_a_response_for_every_sub_intent(imported: MultilingualImporter, project: Path) -> None:
    write_article(project, "de", "return-policy", "wie lange")
    domain = imported.get_domain()
    assert "utter_ask_faq/return-policy" in domain.responses
    assert "greet" in domain.intents


def test_marks_are_taken_out_of_the_text_and_keep_their_place(importer: ModuleType, project: Path) -> None:
    path = write_examples(
        project,
        "en",
        """\
- intent: track_order
  examples: |
    - where is [AC-104233](order_number), my [desk lamp](product)?
- intent: greet
  examples: |
    - [hello] there (you)
""",
    )
    first, second = importer.read_examples(path, "en").training_examples
    text = first.get("text")
    assert text == "where is AC-104233, my desk lamp?"
    assert [(mark["entity"], text[mark["start"] : mark["end"]]) for mark in first.get("entities")] == [
        ("order_number", "AC-104233"),
        ("product", "desk lamp"),
    ]
    assert second.get("text") == "[hello] there (you)"
    assert not second.get("entities")


def test_both_kinds_of_mark_may_stand_in_one_line(importer: ModuleType, project: Path) -> None:
    path = write_examples(
        project,
        "en",
        """\
- intent: track_order
  examples: |
    - where is [AC-104233](order_number), my [lamp]{"entity": "product"}
""",
    )
    (example,) = importer.read_examples(path, "en").training_examples
    assert example.get("text") == "where is AC-104233, my lamp"


def test_synonyms_are_read_too(imported: MultilingualImporter, project: Path) -> None:
    write_examples(project, "en", GREET + "- synonym: blue\n  examples: |\n    - navy\n")
    data = imported.get_nlu_data()
    assert data.entity_synonyms == {"navy": "blue"}
    assert len(data.training_examples) == 2


@pytest.mark.parametrize(
    ("blocks", "line", "reason"),
    [
        ('- intent: "greet\n', 4, "end of stream"),
        (GREET + "   bad: [\n", 7, "expected"),
        (GREET + "    hello again\n", 7, "'hello again'"),
        (GREET + "\n    -hello\n", 8, "'-hello'"),
        (GREET + "    -\n", 7, "has a text"),
        (GREET + "    - where is [AC-104233](order_number\n", 7, "broken entity mark"),
        (GREET + "    - [](product)\n", 7, "broken entity mark"),
        (GREET + "- intent: track_order\n", 7, "'track_order' has no examples"),
        (GREET + "- intent: track_order\n  examples: |\n", 7, "'track_order' has no examples"),
        (GREET + "- examples: |\n    - hello\n", 7, "names no intent"),
        (GREET + "- intent:\n  examples: |\n    - hello\n", 7, "names no intent"),
        (GREET + "- greet\n", 7, "expected a block"),
        ("  greet: hello\n", 2, "must be a list"),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    importer: ModuleType,
    imported: MultilingualImporter,
    project: Path,
    blocks: str,
    line: int,
    reason: str,
) -> None:
    write_examples(project, "de", GREET)
    path = write_examples(project, "en", blocks)
    with pytest.raises(importer.TrainingDataError) as caught:
        imported.get_nlu_data()
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert reason in str(caught.value)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_an_empty_file_is_named(importer: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "empty.yml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(importer.TrainingDataError) as caught:
        importer.read_examples(path, "en")
    assert str(caught.value).startswith(f"{path}:1: ")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'version: "3.1"\n', id="no key nlu"),
        pytest.param(f"{HEAD}{GREET}    - hi\x07\n".encode(), id="control character"),
        pytest.param(f"{HEAD}{GREET}    - grüezi\n".encode("latin-1"), id="not UTF-8"),
        pytest.param(f"{HEAD}- intent: greet\n  examples:\n  - hello\n".encode(), id="a list of plain texts"),
        pytest.param(f"{HEAD}- intent: [greet]\n  examples: |\n    - hello\n".encode(), id="a list as intent"),
    ],
)
def test_a_file_that_is_broken_in_another_way_is_named_too(
    importer: ModuleType, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "broken.yml"
    path.write_bytes(content)
    with pytest.raises(importer.TrainingDataError) as caught:
        importer.read_examples(path, "en")
    assert str(caught.value).startswith(f"{path}:")


def test_a_broken_article_is_named_with_its_line(
    importer: ModuleType, imported: MultilingualImporter, project: Path
) -> None:
    path = write_article(project, "en", "return-policy", "how long")
    path.write_text(path.read_text(encoding="utf-8").replace("category: returns", "category: shoes"), encoding="utf-8")
    with pytest.raises(importer.TrainingDataError) as caught:
        imported.get_nlu_data()
    assert str(caught.value).startswith(f"{path}:3: ")


def test_a_broken_domain_is_named_with_its_line(
    importer: ModuleType, imported: MultilingualImporter, project: Path
) -> None:
    path = project / "bot" / "domain.yml"
    path.write_text('version: "3.1"\nintents: [greet\nentities: []\n', encoding="utf-8")
    with pytest.raises(importer.TrainingDataError) as caught:
        imported.get_domain()
    assert str(caught.value).startswith(f"{path}:3: ")


@pytest.fixture
def example(importer: ModuleType) -> Example:
    result: Example = importer.Example(
        data={
            "language": "en",
            "intent": "track_order",
            "text": "where is AC-104233",
            "entities": [{"entity": "order_number", "start": 9, "end": 18, "value": "AC-104233"}],
        }
    )
    return result


def test_equal_examples_have_equal_fingerprints(example: Example) -> None:
    assert copy.deepcopy(example).fingerprint() == example.fingerprint()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "de"),
        ("intent", "list_orders"),
        ("intent_response_key", "ask_faq/return-policy"),
        ("text", "where's AC-104233"),
        ("entities", []),
        ("entities", [{"entity": "code", "start": 9, "end": 18, "value": "AC-104233"}]),
        ("entities", [{"entity": "order_number", "start": 12, "end": 18, "value": "104233"}]),
    ],
)
def test_an_example_that_differs_has_another_fingerprint(example: Example, name: str, value: object) -> None:
    before = example.fingerprint()
    example.set(name, value)
    assert example.fingerprint() != before


def test_what_a_component_leaves_on_an_example_is_not_in_its_fingerprint(example: Example) -> None:
    before = example.fingerprint()
    example.set("text_tokens", ["where", "is"])
    assert example.fingerprint() == before


def test_a_deep_copy_costs_nothing(example: Example) -> None:
    assert copy.deepcopy([example])[0] is example
