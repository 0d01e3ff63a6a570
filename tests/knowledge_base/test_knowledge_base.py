import os
import threading
from pathlib import Path

import pytest

from knowledge_base import KnowledgeBase, UnknownArticle, Variables
from tests.knowledge_base.encoders import Encoder
from tests.knowledge_base.samples import WriteArticle


@pytest.fixture
def knowledge_base(tmp_path: Path, write_article: WriteArticle, variables: Variables) -> KnowledgeBase:
    write_article("return-policy", "en")
    write_article("warranty", "en", title="Warranty", questions=("what does the warranty cover",))
    write_article("return-policy", "de", title="Rückgabe", answer="{{ returns.window_days }} Tage.")
    return KnowledgeBase(tmp_path, variables)


def touch(path: Path) -> None:
    """As if written a second later: clocks of file systems are coarse."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))


def test_what_there_is(knowledge_base: KnowledgeBase) -> None:
    assert knowledge_base.languages == ("de", "en")
    assert knowledge_base.slugs == ("return-policy", "warranty")
    assert knowledge_base.missing("de") == ("warranty",)
    assert knowledge_base.missing("en") == ()
    assert knowledge_base.missing("fr") == ("return-policy", "warranty")
    assert [article.slug for article in knowledge_base.articles("de")] == ["return-policy"]
    assert knowledge_base.articles("fr") == ()


def test_a_missing_article_falls_back_to_english_and_says_so(knowledge_base: KnowledgeBase) -> None:
    german, fallback = knowledge_base.article("return-policy", "de")
    assert (german.title, fallback) == ("Rückgabe", False)

    english, fallback = knowledge_base.article("warranty", "de")
    assert (english.language, fallback) == ("en", True)

    answer, fallback = knowledge_base.answer("warranty", "fr", "FR")
    assert (answer.language, answer.answer, fallback) == ("en", "You have 30 days.", True)


def test_a_slug_that_is_nowhere(knowledge_base: KnowledgeBase) -> None:
    with pytest.raises(UnknownArticle, match="no article 'magic' in 'de' or 'en'"):
        knowledge_base.answer("magic", "de", "DE")


def test_search_is_by_language(knowledge_base: KnowledgeBase) -> None:
    assert knowledge_base.search("warranty", "en")[0].slug == "warranty"
    assert [hit.slug for hit in knowledge_base.search("Rückgaben", "de")] == ["return-policy"]
    assert knowledge_base.search("warranty", "fr")[0].slug == "warranty"


def test_headings_are_those_that_a_customer_sees(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    body = """\
## Free within {{ returns.window_days }} days

Send shoes back.

{% if region == "US" %}
## Duties

Nobody owes customs anything.
{% endif %}
"""
    write_article("return-policy", body=body, questions=("return policy",))
    write_article("warranty", title="Warranty")
    base = KnowledgeBase(tmp_path, variables)

    assert base.search("send shoes back", "en")[0].section == "Free within days"
    assert base.search("send shoes back", "en", country="DE")[0].section == "Free within 30 days"
    assert base.search("owe customs", "en", country="US")[0].section == "Duties"
    assert base.search("owe customs", "en", country="DE")[0].section == ""
    assert base.search("send shoes back", "fr", country="FR")[0].section == "Free within 30 days"


def test_an_article_that_cannot_be_rendered_is_found_all_the_same(
    tmp_path: Path, write_article: WriteArticle, variables: Variables, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_article(body="## Shoes\n\n{{ nothing.here }}")
    base = KnowledgeBase(tmp_path, variables)

    assert base.search("shoes", "en", country="DE") == base.search("shoes", "en")
    assert str(path) in caplog.text


def test_passages_of_a_rendered_article(tmp_path: Path, write_article: WriteArticle, variables: Variables) -> None:
    write_article(body="## Fee\n\nPostage is {{ shipping.fee | money }}.\n\n## Packing\n\nAny box will do.")
    write_article("warranty", title="Warranty")
    base = KnowledgeBase(tmp_path, variables)
    rendered = base.answer("return-policy", "de", "DE").rendered

    passage = base.passage("postage", rendered)
    assert passage is not None
    assert (passage.heading, passage.text) == ("Fee", "Postage is 4,90\xa0€.")
    assert base.passage("how many days", rendered) is None


def encoded(encoder: Encoder) -> list[str]:
    """The texts without those that tell encoders apart."""
    return [text for text in encoder.texts if len(text) < 200]


def test_an_encoder_finds_what_no_word_finds(tmp_path: Path, write_article: WriteArticle, variables: Variables) -> None:
    write_article("return-policy", title="Bring back")
    write_article("trousers", title="Trousers", questions=("which trousers fit",))
    write_article("trousers", "de", title="Hosen", questions=("welche hose passt",))
    encoder = Encoder()
    base = KnowledgeBase(tmp_path, variables, encoders={"en": encoder})

    assert encoder.texts == []  # not before the first search
    assert base.search("pants", "de") == []
    assert base.search("", "en") == []
    assert base.search("pants", "en")[0].slug == "trousers"
    assert base.search("slacks", "fr")[0].slug == "trousers"
    assert KnowledgeBase(tmp_path, variables).search("pants", "en") == []


def test_a_restart_and_a_change_encode_only_what_is_new(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article("return-policy", title="Bring back")
    write_article("warranty", title="Warranty")
    articles, vectors = tmp_path, tmp_path / ".vectors"
    KnowledgeBase(articles, variables, encoders={"en": Encoder()}, vectors=vectors).prepare()
    encoder = Encoder()
    base = KnowledgeBase(articles, variables, encoders={"en": encoder}, vectors=vectors)
    base.prepare()
    assert encoded(encoder) == []

    touch(write_article("warranty", title="Trousers"))
    assert base.refresh() is True
    assert encoded(encoder) == ["Trousers"]  # by the refresh, not by the search after it
    assert base.search("slacks", "en")[0].slug == "warranty"
    assert encoded(encoder) == ["Trousers", "slacks"]
    assert base.refresh() is False


def test_a_change_before_the_first_search_encodes_nothing(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article("warranty", title="Warranty")
    encoder = Encoder()
    base = KnowledgeBase(tmp_path, variables, encoders={"en": encoder})
    touch(write_article("warranty", title="Trousers"))

    assert base.refresh() is True
    assert encoder.texts == []
    assert base.search("slacks", "en")[0].slug == "warranty"


def test_nothing_changed_nothing_done(knowledge_base: KnowledgeBase) -> None:
    before = knowledge_base.article("warranty", "en").article

    assert knowledge_base.refresh() is False
    assert knowledge_base.article("warranty", "en").article is before


def test_changes_on_disk_are_taken_over(knowledge_base: KnowledgeBase, write_article: WriteArticle) -> None:
    untouched = knowledge_base.article("return-policy", "en").article
    touch(write_article("warranty", title="Guarantee", questions=("guarantee period",)))
    write_article("gift-cards", title="Gift cards", questions=("do gift cards expire",))

    assert knowledge_base.refresh() is True
    assert knowledge_base.answer("warranty", "en", "DE").rendered.title == "Guarantee"
    assert knowledge_base.search("guarantee", "en")[0].slug == "warranty"
    assert knowledge_base.search("gift", "en")[0].slug == "gift-cards"
    assert knowledge_base.article("return-policy", "en").article is untouched

    knowledge_base.article("gift-cards", "en").article.path.unlink()
    assert knowledge_base.refresh() is True
    assert knowledge_base.slugs == ("return-policy", "warranty")
    assert all(hit.slug != "gift-cards" for hit in knowledge_base.search("gift", "en"))


def test_a_file_that_breaks_keeps_its_last_good_state(
    knowledge_base: KnowledgeBase, write_article: WriteArticle
) -> None:
    path = write_article("warranty", category="nonsense")

    assert knowledge_base.refresh() is True
    assert knowledge_base.article("warranty", "en").article.title == "Warranty"
    assert [error.path for error in knowledge_base.errors] == [path]

    write_article("return-policy", "de", title="Anderes")  # The error outlives changes elsewhere …
    knowledge_base.refresh()
    assert [error.path for error in knowledge_base.errors] == [path]

    touch(write_article("warranty", title="Mended"))  # … until the file is mended.
    knowledge_base.refresh()
    assert knowledge_base.errors == ()
    assert knowledge_base.article("warranty", "en").article.title == "Mended"


def test_the_folder_must_be_there(tmp_path: Path, variables: Variables) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        KnowledgeBase(tmp_path / "nowhere", variables)


def test_a_folder_that_goes_away_takes_nothing_with_it(knowledge_base: KnowledgeBase, tmp_path: Path) -> None:
    tmp_path.rename(tmp_path.with_name("elsewhere"))

    with pytest.raises(NotADirectoryError):
        knowledge_base.refresh()
    assert knowledge_base.search("warranty", "en")[0].slug == "warranty"


def test_files_that_are_all_gone_take_nothing_with_them(knowledge_base: KnowledgeBase, tmp_path: Path) -> None:
    for path in tmp_path.glob("*/*.md"):
        path.unlink()

    with pytest.raises(FileNotFoundError, match="all articles are gone"):
        knowledge_base.refresh()
    assert knowledge_base.search("warranty", "en")[0].slug == "warranty"


def test_an_empty_folder(tmp_path: Path, variables: Variables) -> None:
    empty = KnowledgeBase(tmp_path, variables)

    assert (empty.languages, empty.slugs, empty.search("anything", "en"), empty.check()) == ((), (), [], [])


def test_searches_go_on_while_the_articles_change(knowledge_base: KnowledgeBase, write_article: WriteArticle) -> None:
    """Every search sees one state as a whole: its hits are articles that this state has."""
    done = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not done.is_set():
                hits = knowledge_base.search("returns and warranty things", "en", limit=5)
                assert {hit.slug for hit in hits} >= {"return-policy", "warranty"}
        except BaseException as failure:
            failures.append(failure)

    readers = [threading.Thread(target=search) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(10):
        write_article(f"extra-{i}", title="Things", questions=("more things",))
        assert knowledge_base.refresh() is True
    done.set()
    for reader in readers:
        reader.join()

    assert failures == []
    assert len(knowledge_base.slugs) == 12


def test_check_finds_what_a_writer_should_mend(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    questions = tuple(f"question number {i}" for i in range(25))
    words = "word " * 150
    only_us = "{% if region == 'US' %}{{ nothing.here }}{% endif %}"
    write_article("return-policy", questions=questions, body=words)
    repeated = write_article("warranty", questions=(*questions[:24], "Warranty?", "warranty"), body=words)
    short = write_article("repairs", questions=("one",), body="Too short.")
    wrong = write_article("exchanges", questions=tuple(f"exchange {i}" for i in range(25)), body=f"{words}\n{only_us}")
    bad_filter = write_article(
        "gift-cards",
        questions=tuple(f"gift {i}" for i in range(25)),
        body=f"{words}\n{{% if country_code == 'US' %}}{{{{ region | money }}}}{{% endif %}}",
    )
    broken = write_article("preorders", category="nonsense")
    stray = write_article("stray", "de", questions=tuple(f"frage {i}" for i in range(25)), body="wort " * 150)

    findings = KnowledgeBase(tmp_path, variables).check(countries=["DE", "US"])

    by_file: dict[Path, list[tuple[int, str]]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append((finding.line, finding.message))
    assert len(by_file.pop(repeated)) == 25  # 24 of the other article's, and one of its own, twice.
    assert by_file.pop(short) == [
        (7, "1 questions, expected at least 25"),
        (10, "the body has 2 words for ZZ, expected 120 to 400"),
    ]
    assert by_file.pop(wrong) == [(35, "unknown variable 'nothing'")]
    assert by_file.pop(bad_filter) == [(35, "for US: 'money' formats an amount, not 'US'")]
    assert by_file.pop(broken)[0][0] == 3
    assert by_file.pop(stray) == [(1, "there is no article 'stray' in en")]
    missing = {"return-policy", "warranty", "repairs", "exchanges", "gift-cards"}
    assert by_file == {tmp_path / "de" / f"{slug}.md": [(1, "missing: the article is there in en")] for slug in missing}


def test_chinese_bodies_are_measured_in_characters(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    questions = tuple(f"问题{i}" for i in range(25))
    write_article("a", "zh", questions=questions, body="## 题目\n\n" + "字" * 300)
    write_article("b", "zh", questions=tuple(f"别的{i}" for i in range(25)), body="字" * 601)

    findings = KnowledgeBase(tmp_path, variables, fallback_language="zh").check()

    assert [str(finding) for finding in findings] == [
        f"{tmp_path}/zh/b.md:34: the body has 601 characters for ZZ, expected 200 to 600"
    ]
