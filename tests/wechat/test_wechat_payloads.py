"""What the platform is sent for each kind of message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.localization import Catalogues
from connectors.rendering import Phrases
from connectors.rendering.phrases import DOMAIN, LOCALES
from connectors.wechat.payloads import TEXT, payloads, size, without_menu

KINDS = yaml.safe_load((Path(__file__).parent.parent / "widget" / "kinds.yml").read_text(encoding="utf-8"))
PHRASES = Phrases(Catalogues(LOCALES, DOMAIN), "zh")
YES_NO = [{"title": "是", "payload": "/affirm"}, {"title": "否", "payload": "/deny"}]


def rendered(content: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return payloads(content, PHRASES, more.pop("templates", {}), **{"customer_service": True, **more})


def written(content: dict[str, Any], **more: Any) -> list[str]:
    return [payload["text"]["content"] for payload in rendered(content, **more)]


def test_a_text_is_a_text() -> None:
    assert rendered({"text": "AC-104233 <b>*ist* da"}) == [
        {"msgtype": "text", "text": {"content": "AC-104233 ＜b>*ist* da"}}
    ]


def test_choices_are_a_menu() -> None:
    assert rendered({"text": "对吗?", "buttons": YES_NO}) == [
        {
            "msgtype": "msgmenu",
            "msgmenu": {
                "head_content": "对吗?",
                "list": [{"id": "/affirm", "content": "是"}, {"id": "/deny", "content": "否"}],
            },
        }
    ]


def test_choices_are_numbers_where_there_are_no_menus() -> None:
    (said,) = written({"text": "对吗?", "buttons": YES_NO}, customer_service=False)
    assert said.startswith("对吗?\n\n1. 是\n2. 否\n\n")
    (menu,) = rendered({"text": "对吗?", "buttons": YES_NO})
    assert without_menu(menu, PHRASES) == [{"msgtype": "text", "text": {"content": said}}]


def test_choices_that_are_too_many_or_too_long_for_a_menu_are_numbers() -> None:
    many = [{"title": f"第{number}", "payload": f"/r{number}"} for number in range(11)]
    assert rendered({"text": "?", "buttons": many[:10]})[0]["msgtype"] == "msgmenu"
    assert rendered({"text": "?", "buttons": many})[0]["msgtype"] == "text"
    buttons = [{"title": "长" * 50, "payload": f"/r{number}"} for number in range(10)]
    assert all(payload["msgtype"] == "text" for payload in rendered({"text": "?", "buttons": buttons}))
    long_payload = [{"title": "是", "payload": "/" + "x" * 300}]
    assert rendered({"text": "?", "buttons": long_payload})[0]["msgtype"] == "text"


def test_a_long_text_with_choices_ends_in_the_menu() -> None:
    text = "。".join(f"第{number}句话说了很多" for number in range(150)) + "。"
    *texts, menu = rendered({"text": text, "buttons": YES_NO})
    assert all(payload["msgtype"] == "text" for payload in texts)
    said = "".join(payload["text"]["content"] for payload in texts) + menu["msgmenu"]["head_content"]
    assert said == text
    assert size(menu["msgmenu"]["head_content"]) + size("是\n否\n") <= TEXT


def test_pictures_and_photographs() -> None:
    content = {"text": "看", "image": "https://shop.example/a.jpg", "photos": ["f" * 32]}
    assert rendered(content) == [
        {"msgtype": "text", "text": {"content": "看"}},
        {"msgtype": "image", "image": {"url": "https://shop.example/a.jpg"}},
        {"msgtype": "image", "image": {"photo": "f" * 32}},
    ]
    assert written(content, customer_service=False) == ["看\n\nhttps://shop.example/a.jpg"]


def test_files_are_links_in_the_same_message() -> None:
    url = "https://help.example/label.pdf?a=1&b=(2)"
    files = [{"title": "退货 [标签]", "url": url, "kind": "PDF"}]
    (said,) = written({"text": "…", "custom": {"type": "files", "lead": "您的标签:", "files": files}})
    assert said.startswith("您的标签:\n\n")
    assert f'<a href="{url}">退货 [标签]</a>' in said


def test_a_link_is_never_cut() -> None:
    lead = "\n\n".join(f"[{'标题' * 12} {number}](https://shop.example/{'a' * 60}/{number})" for number in range(30))
    texts = written({"text": "…", "custom": {"type": "text", "lead": lead}})
    assert len(texts) > 1
    assert sum(text.count('<a href="https://') for text in texts) == 30
    assert all(text.count("<a ") == text.count("</a>") == text.count('">') for text in texts)


def test_templates_take_the_names_of_their_parameters_from_the_settings() -> None:
    content = {"text": "…", "template": {"name": "T1", "language": "zh", "parameters": ["AC-104233", "明天"]}}
    data = rendered(content, templates={"T1": ["thing1", "time2"]})[0]["template"]
    assert data == {"template_id": "T1", "data": {"thing1": {"value": "AC-104233"}, "time2": {"value": "明天"}}}
    assert list(rendered(content)[0]["template"]["data"]) == ["keyword1", "keyword2"]


@pytest.mark.parametrize("customer_service", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_says_something(kind: str, customer_service: bool) -> None:
    found = rendered(KINDS[kind], customer_service=customer_service)
    assert 1 <= len(found) <= 5
    types = {payload["msgtype"] for payload in found}
    assert types <= ({"text", "msgmenu", "image"} if customer_service else {"text"})


def test_nothing_says_nothing() -> None:
    assert rendered({"text": ""}) == []


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000), st.booleans())
def test_no_text_is_longer_than_the_platform_takes(text: str, customer_service: bool) -> None:
    for payload in rendered({"text": text, "buttons": YES_NO}, customer_service=customer_service):
        said = payload.get("text", {}).get("content", "")
        menu = payload.get("msgmenu", {"head_content": "", "list": []})
        lines = "".join(f"\n{entry['content']}" for entry in menu["list"])
        assert size(said + menu["head_content"] + lines) <= TEXT
        assert said or menu["head_content"]
