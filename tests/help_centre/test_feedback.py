"""What readers say of an article."""

import pytest

from knowledge_base.gaps import Gap, GapKind, GapSource
from tests.help_centre.pages import Page, Served

ARTICLE = "/help/de/articles/return-policy"


def gap(question: str) -> Gap:
    return Gap(GapKind.UNHELPFUL, question, "de", GapSource.HELP_CENTRE, "return-policy")


async def say(served: Served, **fields: str) -> Page:
    """Send the form, and go where it leads."""
    response = await served.client.post(f"{ARTICLE}/feedback", data=fields)
    assert response.status_code == 303
    return await served.page(response.headers["location"])


async def test_the_form_asks_for_yes_or_no(served: Served) -> None:
    page = await served.page(f"{ARTICLE}?q=frist&country=AT")
    form = page.find("form", method="post")[0]
    assert form.attributes["action"] == f"{ARTICLE}/feedback"
    assert [button.attributes["value"] for button in page.find("button", name="helpful")] == ["yes", "no"]
    assert page.find("input", type="hidden", name="q", value="frist")


async def test_yes_is_thanked_for_and_reports_nothing(served: Served) -> None:
    page = await say(served, helpful="yes", q="")
    assert "Vielen Dank!" in page.text("section", id="feedback_")
    assert not page.find("form", method="post")
    assert served.gaps == []


async def test_no_reports_the_title(served: Served) -> None:
    page = await say(served, helpful="no", q="")
    assert page.find("textarea", name="question")
    assert page.find("a", href="mailto:care@halden.example")
    assert served.gaps == [gap("Rückgabe")]


async def test_no_reports_what_was_searched(served: Served) -> None:
    page = await say(served, helpful="no", q="wie lange  habe\nich", country="AT")
    assert served.gaps == [gap("wie lange habe ich")]
    assert page.find("input", name="q", value="wie lange habe ich")
    assert page.find("input", name="country", value="AT")


async def test_what_the_reader_writes_is_reported_too(served: Served) -> None:
    await say(served, helpful="no", q="frist")
    page = await say(served, q="frist", question="Gilt das auch für <b>Geschenke</b>?")
    assert "Vielen Dank!" in page.text("section", id="feedback_")
    assert served.gaps == [gap("frist"), gap("Gilt das auch für <b>Geschenke</b>?")]


@pytest.mark.parametrize("written", ["", "  \x00\n", "frist"])
async def test_writing_nothing_new_reports_nothing_new(served: Served, written: str) -> None:
    await say(served, helpful="no", q="frist")
    await say(served, q="frist", question=written)
    assert served.gaps == [gap("frist")]


async def test_loading_the_thanks_again_reports_nothing_again(served: Served) -> None:
    response = await served.client.post(f"{ARTICLE}/feedback", data={"helpful": "no"})
    for _ in range(3):
        await served.page(response.headers["location"])
    assert served.gaps == [gap("Rückgabe")]


async def test_what_readers_write_is_cut(served: Served) -> None:
    await say(served, q="x" * 1000, question="frage " * 1000)
    assert len(served.gaps[0].question) <= 500


@pytest.mark.parametrize("body", [b"", b"helpful=perhaps", b"\xff\xfe=%FF", b"{}"])
async def test_what_is_no_feedback_changes_nothing(served: Served, body: bytes) -> None:
    response = await served.client.post(
        f"{ARTICLE}/feedback", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert response.status_code == 303
    assert response.headers["location"] == ARTICLE
    assert served.gaps == []


async def test_feedback_on_what_is_not_there_is_refused(served: Served) -> None:
    for path in ("/help/de/articles/nothing/feedback", "/help/it/articles/return-policy/feedback"):
        response = await served.client.post(path, data={"helpful": "no"})
        assert response.status_code == 404
    assert served.gaps == []
