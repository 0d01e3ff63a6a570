"""Translation at the desk, with models that translate a few words and are run like those that translate all."""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.utils import filter_repo_objects
from structlog.testing import capture_logs

from desk.translation import Translations, TranslationUnavailable, TranslatorError, open_translator
from desk.translation.keeping import translate_keeping
from desk.translation.local import LocalTranslator
from desk.translation.sentences import split
from storage import Database
from tests.databases import database, database_url, postgresql_server  # noqa: F401
from tests.desk.translators import build_translator

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

GERMAN = {
    "Hallo.": "Hello.",
    "Wo": "Where",
    "ist": "is",
    "mein": "my",
    "Paket?": "parcel?",
    "Paket": "parcel",
    "Bestellung": "order",
    "Danke!": "Thanks!",
    # It stumbles over one order number and one price.
    "AC-1001": "order",
    "19,90": "19.90",
    "29,90": "92.90",
}
CHINESE = {"Hello.": "你好。", "Where": "在哪里", "is": "是", "my": "我的", "parcel?": "包裹？", "Thanks!": "谢谢！"}

_INHERITED: list[LocalTranslator] = []


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: from German into English, and from English into Chinese, written in one of two ways."""
    folder = tmp_path_factory.mktemp("models")
    build_translator(folder / "de-en", GERMAN)
    build_translator(folder / "en-zh", CHINESE, [">>cmn<<", ">>cmn_Hans<<"], prefixed=True)
    return folder


@pytest.fixture
async def translator(models: Path, tmp_path: Path) -> LocalTranslator:
    opened = LocalTranslator([str(models)], tmp_path)
    await opened.open()
    return opened


async def test_it_translates_the_pairs_whose_folders_are_there(translator: LocalTranslator) -> None:
    assert translator.supports("de", "en") and translator.supports("en", "zh-CN")
    assert not translator.supports("en", "de") and not translator.supports("de", "zh")
    assert await translator.translate(["Wo ist mein Paket?"], "de", "en") == ["Where is my parcel?"]
    assert await translator.translate(["Hello. Thanks!"], "en", "zh") == ["你好。谢谢！"]
    with pytest.raises(TranslationUnavailable, match="from de into zh"):
        await translator.translate(["Danke!"], "de", "zh")


async def test_lines_lists_and_what_has_no_words_stay(translator: LocalTranslator) -> None:
    text = "Hallo. Wo ist mein Paket?\r\n\n  - Danke!  \n 2) Paket\n12 / 34 👍\n"
    expected = "Hello. Where is my parcel?\r\n\n  - Thanks!  \n 2) parcel\n12 / 34 👍\n"
    assert await translator.translate([text, "", "42"], "de", "en") == [expected, "", "42"]


async def test_what_the_model_does_not_know_stays_as_it_is(translator: LocalTranslator) -> None:
    assert await translator.translate(["Wo ist mein 🎁 Paket?"], "de", "en") == ["Where is my 🎁 parcel?"]


async def test_numbers_addresses_and_order_numbers_survive_a_model_that_loses_them(translator: LocalTranslator) -> None:
    translated = await translator.translate(
        ["Wo ist Bestellung AC-1001 mein Paket?", "Paket 29,90", "Paket 19,90", "Paket (AC-1001)"], "de", "en"
    )
    # 19.90 is how English writes it; 92.90 is another price.
    assert translated == ["Where is order AC-1001 my parcel?", "parcel 29,90", "parcel 19.90", "parcel (AC-1001)"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("see https://shop.example/r?id=7&x=ä.", "https://shop.example/r?id=7&x=ä"),
        ("mail anna.b+1@shop.example, please", "anna.b+1@shop.example"),
        ("订单AC-1001还没到", "AC-1001"),
        ("am 24.12.2026 um 18:30", "24.12.2026"),
        ("my order 4711", "4711"),
    ],
)
async def test_what_is_kept(text: str, kept: str) -> None:
    async def lose(texts: Sequence[str]) -> list[str]:
        return ["word" for _ in texts]

    (translated,) = await translate_keeping([text], lose, "en")
    assert kept in translated.split(" ") or f"{kept}." in translated.split(" ") or f"{kept}," in translated.split(" ")


def test_pieces_are_the_text_and_abbreviations_end_no_sentence() -> None:
    text = "Hallo, z. B. am 3. Mai kam Dr. Müller. Wo ist AC-1001?\n\n你好。我的包裹在哪里？"
    pieces = split(text, "de")
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if not piece.stays][:2] == [
        "Hallo, z. B. am 3. Mai kam Dr. Müller.",
        "Wo ist AC-1001?",
    ]
    assert [piece.text for piece in split("你好。我的包裹在哪里？", "zh")] == ["你好。", "我的包裹在哪里？"]


async def test_a_sentence_that_is_too_long_for_a_model_is_translated_in_parts(translator: LocalTranslator) -> None:
    # 300 words; the model knows 256 positions.
    assert await translator.translate(["mein " * 300], "de", "en") == ["my " * 300]


@pytest.mark.parametrize(
    ("tags", "prefixed"),
    [
        pytest.param(["__de__", "__en__"], False, id="M2M-100"),
        pytest.param(["deu_Latn", "eng_Latn"], False, id="NLLB"),
        pytest.param(["<2de>", "<2en>"], True, id="MADLAD-400"),
    ],
)
async def test_a_model_of_many_languages_is_told_which(tmp_path: Path, tags: list[str], prefixed: bool) -> None:
    words = GERMAN | {"Thanks!": "Danke!"}
    folder = build_translator(tmp_path / "many", words, tags, prefixed=prefixed)
    translator = LocalTranslator([str(folder)], tmp_path)
    await translator.open()
    assert translator.supports("de", "en") and translator.supports("en", "de") and not translator.supports("de", "fr")
    assert await translator.translate(["Hallo. Danke!"], "de", "en") == ["Hello. Thanks!"]
    assert await translator.translate(["Thanks!"], "en", "de-AT") == ["Danke!"]


async def test_a_model_of_the_hub_is_fetched_once(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    seconds = 0.0
    problem: Exception | None = ConnectionError("no network")

    def download(model: str, local_dir: Path, allow_patterns: list[str]) -> None:
        asked.append(model)
        if problem:
            raise problem
        for file in filter_repo_objects(
            [file.name for file in (models / "de-en").iterdir()], allow_patterns=allow_patterns
        ):
            local_dir.mkdir(exist_ok=True)
            shutil.copy(models / "de-en" / file, local_dir)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    translator = LocalTranslator(["de-en=owner/name"], tmp_path, clock=lambda: seconds)
    for _ in range(2):
        with pytest.raises(TranslationUnavailable, match="could not be fetched"):
            await translator.open()
    assert asked == ["owner/name"]  # the second time it was left alone
    problem = None
    seconds = 60.0
    assert await translator.translate(["Danke!"], "de", "en") == ["Thanks!"]
    problem = AssertionError("it is there already")
    again = LocalTranslator(["de-en=owner/name"], tmp_path)
    assert await again.translate(["Danke!"], "de", "en") == ["Thanks!"]
    with pytest.raises(TranslatorError, match="no id of the hub"):
        await LocalTranslator(["../no/where"], tmp_path).open()


async def test_threads_and_forked_processes_translate_at_the_same_time(translator: LocalTranslator) -> None:
    texts = ["Wo ist mein Paket?", "Danke!"] * 5
    expected = ["Where is my parcel?", "Thanks!"] * 5
    together = await asyncio.gather(*(translator.translate(texts, "de", "en") for _ in range(8)))
    assert together == [expected] * 8
    _INHERITED.append(translator)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(_in_child, [texts]).get(timeout=60) == expected


def _in_child(texts: list[str]) -> list[str]:
    return asyncio.run(_INHERITED[-1].translate(texts, "de", "en"))


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(shutil.rmtree, "There is no folder", id="no folder"),
        pytest.param(remove("model.bin"), "no CTranslate2 model", id="no model"),
        pytest.param(remove("source.spm"), "has no source.spm", id="no tokenizer"),
        pytest.param(remove("shared_vocabulary.json"), "has no shared_vocabulary.json", id="no vocabulary"),
        pytest.param(lambda folder: (folder / "config.json").write_text("{"), "config.json is no JSON", id="config"),
        pytest.param(lambda folder: folder, "which languages", id="no name of a pair"),
    ],
)
async def test_what_is_wrong_with_a_folder_is_said(
    models: Path, tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(models / "de-en", folder)
    damage(folder)
    with pytest.raises(TranslatorError, match=message):
        await LocalTranslator([str(folder)], tmp_path).open()


async def test_a_broken_model_is_unavailable(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "de-en", tmp_path / "de-en")
    (tmp_path / "de-en" / "model.bin").write_bytes(b"<html>")
    with pytest.raises(TranslationUnavailable, match="de-en does not work"):
        await LocalTranslator([str(tmp_path)], tmp_path).translate(["Danke!"], "de", "en")


def test_wrong_settings_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_translator() is None
    with pytest.raises(TranslatorError, match="not by both"):
        open_translator(["de-en"], url="http://127.0.0.1:5000")
    with pytest.raises(TranslatorError, match="http://"):
        open_translator(url="127.0.0.1:5000")
    with pytest.raises(TranslatorError, match="numbers from 1"):
        open_translator(["de-en"], threads=0)
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(TranslatorError, match="ctranslate2.*uv sync --extra translator"):
        open_translator(["de-en"])


def test_nothing_of_the_extra_is_imported_before_it_is_needed() -> None:
    code = """
import sys
from desk.translation import open_translator
open_translator(["de-en"])
heavy = ("ctranslate2", "sentencepiece", "sentencex", "huggingface_hub", "rasa", "tensorflow")
print([name for name in heavy if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.stdout == "[]\n", result.stderr


class Counting:
    """A translator that is asked, and counted."""

    name = "counting"

    def __init__(self, translator: LocalTranslator) -> None:
        self._translator = translator
        self.asked: list[list[str]] = []
        self.problem: Exception | None = None

    async def open(self) -> None:
        await self._translator.open()

    def supports(self, source: str, target: str) -> bool:
        return self._translator.supports(source, target)

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        self.asked.append(list(texts))
        if self.problem:
            raise self.problem
        return await self._translator.translate(texts, source, target)

    async def close(self) -> None:
        await self._translator.close()


async def test_a_text_is_translated_once(database: Database, translator: LocalTranslator) -> None:  # noqa: F811
    counting = Counting(translator)
    translations = Translations(counting, database, lambda: NOW)
    both = await asyncio.gather(*(translations.translate("Danke!", "de", "en") for _ in range(5)))
    assert both == ["Thanks!"] * 5
    assert await translations.translate_all(["Hallo.", "Danke!", "👍", "Hallo."], "de", "en") == [
        "Hello.",
        "Thanks!",
        "👍",
        "Hello.",
    ]
    assert counting.asked == [["Danke!"], ["Hallo."]]
    # What is already in the language needs nobody.
    assert await translations.translate("Danke!", "de", "de-DE") == "Danke!"


async def test_what_has_no_model_goes_through_english(database: Database, translator: LocalTranslator) -> None:  # noqa: F811
    translations = Translations(translator, database, lambda: NOW)
    assert translations.can("de", "zh") and not translations.can("zh", "de")
    assert await translations.translate("Hallo. Danke!", "de", "zh") == "你好。谢谢！"
    assert await translations.translate("你好。", "zh", "de") is None
    assert await translations.translate("Danke! " * 1000, "de", "en") is None


async def test_old_translations_and_those_of_some_texts_are_forgotten(
    database: Database,  # noqa: F811
    translator: LocalTranslator,
) -> None:
    counting = Counting(translator)
    moment = NOW
    translations = Translations(counting, database, lambda: moment)
    await translations.translate("Danke!", "de", "en")
    moment = NOW + timedelta(days=1)
    await translations.translate_all(["Hallo.", "Wo"], "de", "en")
    assert await translations.forget(moment, dry_run=True) == 1
    assert await translations.forget(moment) == 1
    assert await translations.forget_texts(["Wo", "Danke!", "never said"]) == 1
    await translations.translate_all(["Danke!", "Hallo.", "Wo"], "de", "en")
    assert counting.asked[2:] == [["Danke!", "Wo"]]


async def test_without_translations_the_desk_goes_on(database: Database, translator: LocalTranslator) -> None:  # noqa: F811
    nobody = Translations(None, database)
    assert not nobody.available and not nobody.can("de", "en")
    assert await nobody.translate("Danke!", "de", "en") is None

    failing = Counting(translator)
    failing.problem = TranslationUnavailable("the cable is out")
    translations = Translations(failing, database)
    with capture_logs() as logs:
        assert await translations.translate_all(["Danke!", "42"], "de", "en") == [None, "42"]
        assert await translations.translate("Danke!", "de", "en") is None
    assert [entry["reason"] for entry in logs] == ["the cable is out"]
    failing.problem = None
    assert await translations.translate("Danke!", "de", "en") == "Thanks!"
