"""The simulators' pages in Chromium, with a stub of the server."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from connectors.simulators.stage import Delivery
from connectors.simulators.whatsapp import whatsapp_app
from tests.browsers import IN_BROWSER, PATIENCE
from tests.simulators.simulating import SECRETS, OnWeChat, OnWhatsApp, listening, on_wechat, on_whatsapp
from tests.simulators.test_simulated_wechat import decrypted
from tests.simulators.test_simulated_whatsapp import buttons, messages, row, rows, statuses

AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}
ANNA = "4917604069012"

pytestmark = IN_BROWSER


@asynccontextmanager
async def opened(browser: Browser, url: Any, size: str = "desktop", **options: Any) -> AsyncIterator[Page]:
    """A page, of which the browser must not complain."""
    context = await browser.new_context(
        base_url=str(url), viewport=SIZES[size], locale="en-GB", reduced_motion="reduce", **options
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto("/")
    await page.locator(".log > *").first.wait_for()
    yield page
    assert said == []
    await context.close()


@asynccontextmanager
async def whatsapp_page(browser: Browser, **options: Any) -> AsyncIterator[tuple[Page, OnWhatsApp]]:
    async with on_whatsapp() as whatsapp, opened(browser, whatsapp.client.base_url, **options) as page:
        yield page, whatsapp


@asynccontextmanager
async def wechat_page(browser: Browser, **options: Any) -> AsyncIterator[tuple[Page, OnWeChat]]:
    async with on_wechat() as wechat, opened(browser, wechat.client.base_url, **options) as page:
        yield page, wechat


def bubble(page: Page, text: str, author: str) -> Locator:
    return page.locator(f".message.{author}").filter(has=page.locator(".bubble").get_by_text(text))


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def attach(page: Page, name: str) -> None:
    await page.get_by_role("button", name="Send something else").click()
    await page.locator(".attach").get_by_role("button", name=name, exact=True).click()


async def test_a_chat_on_whatsapp(browser: Browser) -> None:
    async with whatsapp_page(browser) as (page, whatsapp):
        await expect(page.locator(".server")).to_have_attribute("data-state", "ok")
        await write(page, "Where is *my* order? <b>&amp;")
        mine = bubble(page, "order? <b>&amp;", "customer")
        await expect(mine).to_have_attribute("data-state", "delivered")
        await expect(mine.locator("strong")).to_have_text("my")
        [heard] = messages(whatsapp)
        assert heard["text"]["body"] == "Where is *my* order? <b>&amp;"
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": heard["id"]}
        await whatsapp.post({**read, "typing_indicator": {"type": "text"}})
        await expect(mine).to_have_attribute("data-state", "read")
        await expect(page.locator(".peer .status")).to_have_text("typing…")

        await whatsapp.send(ANNA, **buttons("Track it", "Return it"))
        theirs = bubble(page, "Please choose", "shop")
        await expect(theirs).to_have_attribute("data-state", "read")
        assert [one["status"] for one in statuses(whatsapp)] == ["sent", "delivered", "read"]
        await expect(page.locator(".peer .status")).to_have_text("You are Anna Lindner")
        await theirs.get_by_role("button", name="Return it").click()
        await expect(bubble(page, "Return it", "customer").locator("blockquote")).to_contain_text("Please choose")
        await expect(theirs.get_by_role("button", name="Return it")).to_be_disabled()

        await whatsapp.send(ANNA, **rows(row(1, "Jacket", description="Blue"), row(2, "Socks"), button="See them"))
        await page.get_by_role("button", name="See them").click()
        await page.get_by_role("dialog").get_by_role("button", name="Jacket").click()
        await expect(bubble(page, "Jacket", "customer")).to_contain_text("Blue")
        assert messages(whatsapp)[-1]["interactive"]["list_reply"]["id"] == "1"


async def test_replies_and_reactions(browser: Browser) -> None:
    async with whatsapp_page(browser) as (page, whatsapp):
        await write(page, "Hello")
        await expect(bubble(page, "Hello", "customer")).to_have_attribute("data-state", "delivered")
        await whatsapp.send(ANNA, text={"body": "Good day"})
        theirs = bubble(page, "Good day", "shop")
        await expect(theirs).to_have_attribute("data-state", "read")
        await theirs.get_by_role("button", name="Answer or react").click()
        await theirs.get_by_role("button", name="React with 👍").click()
        await expect(theirs.locator(".reactions")).to_have_text("👍")
        await theirs.get_by_role("button", name="Answer or react").click()
        await theirs.get_by_role("button", name="Reply").click()
        await write(page, "Thanks")
        await expect(bubble(page, "Thanks", "customer")).to_have_attribute("data-state", "delivered")
    _, reaction, answer = messages(whatsapp)
    assert reaction["reaction"]["emoji"] == "👍"
    assert answer["context"]["id"] == reaction["reaction"]["message_id"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Sample photo", "image"),
        ("Sticker", "sticker"),
        ("Voice message", "audio"),
        ("Video", "video"),
        ("Poll (not passed on)", "unsupported"),
        ("No photo, but says so", "image"),
        ("Location…", "location"),
        ("Contact…", "contacts"),
    ],
)
async def test_what_customers_send_on_whatsapp(browser: Browser, name: str, kind: str) -> None:
    async with whatsapp_page(browser, size="phone") as (page, whatsapp):
        await attach(page, name)
        if name.endswith("…"):
            await page.get_by_role("dialog").get_by_role("button", name="Send").click()
        await expect(page.locator(".message.customer")).to_have_attribute("data-state", "delivered")
        [message] = messages(whatsapp)
        assert message["type"] == kind
        if name == "Sample photo":
            await expect(page.locator(".bubble img")).to_have_js_property("naturalWidth", 800)
            content = whatsapp.simulator.media.get(message["image"]["id"])
            assert content and content.content.startswith(b"\xff\xd8\xff")
        if name.startswith("No photo"):
            await expect(page.locator(".pending")).to_contain_text("no picture")


async def test_files_are_chosen(browser: Browser) -> None:
    async with whatsapp_page(browser) as (page, whatsapp):
        async with page.expect_file_chooser() as choosing:
            await attach(page, "Document…")
        file = {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
        await (await choosing.value).set_files([file])  # type: ignore[list-item]
        await expect(bubble(page, "receipt.pdf", "customer")).to_have_attribute("data-state", "delivered")
        assert messages(whatsapp)[0]["document"]["filename"] == "receipt.pdf"


async def test_what_went_over_the_wire(browser: Browser) -> None:
    async with whatsapp_page(browser, size="phone") as (page, whatsapp):
        await write(page, "Where is my order?")
        await expect(page.locator(".message.customer")).to_have_attribute("data-state", "delivered")
        await whatsapp.send(ANNA, **buttons("x" * 21))
        await page.get_by_role("button", name="Wire").click()
        wire = page.get_by_role("complementary", name="What went over the wire")
        refused = wire.locator("li").filter(has_text="from your server")
        await expect(refused).to_contain_text("400")
        await refused.locator("summary").click()
        await expect(refused).to_contain_text("Button title length invalid. Max length: 20")
        told = wire.locator("li").filter(has_text="POST /webhook").last
        await told.locator("summary").click()
        await expect(told).to_contain_text("X-Hub-Signature-256: sha256=")
        assert json.loads(await told.locator("pre").nth(1).inner_text())["object"] == "whatsapp_business_account"
        assert SECRETS["whatsapp_token"] not in await wire.inner_text()
        await wire.get_by_text("API", exact=True).click()
        await expect(told).to_be_hidden()
        await page.keyboard.press("Escape")
        await expect(wire).to_be_hidden()


async def test_the_platform_behaves_as_it_is_told(browser: Browser) -> None:
    async with whatsapp_page(browser) as (page, whatsapp):
        await write(page, "Hello")
        await expect(page.locator(".message.customer")).to_have_attribute("data-state", "delivered")
        await page.get_by_label("The next messages are answered with").select_option("429")
        await expect(page.get_by_label("How many")).to_be_enabled()
        assert (await whatsapp.send(ANNA, text={"body": "One"})).status_code == 429
        await expect(page.get_by_label("The next messages are answered with")).to_have_value("")
        await page.get_by_label("24-hour window closed").check()
        await whatsapp.simulator.stage.wait_for(lambda: whatsapp.simulator.stage.switches["window_closed"])
        await whatsapp.send(ANNA, text={"body": "Two"})
        await expect(bubble(page, "Two", "shop")).to_have_attribute("data-state", "failed")
        await expect(bubble(page, "Two", "shop")).to_contain_text("131047")


async def test_other_customers(browser: Browser) -> None:
    async with whatsapp_page(browser) as (page, whatsapp):
        await page.get_by_role("button", name="Oliver Hughes").click()
        await write(page, "Good morning")
        await expect(bubble(page, "Good morning", "customer")).to_have_attribute("data-state", "delivered")
        await page.get_by_label("Another number, in digits").fill("+1 (202) 555-0123")
        await page.get_by_role("button", name="Use").click()
        await expect(bubble(page, "Good morning", "customer")).to_have_count(0)
        await write(page, "Hi there")
        await expect(bubble(page, "Hi there", "customer")).to_have_attribute("data-state", "delivered")
        await whatsapp.send("447700900142", text={"body": "For Oliver"})
        await expect(page.get_by_role("button", name="Oliver Hughes")).to_contain_text("new")
        await page.reload()
        await expect(bubble(page, "Hi there", "customer")).to_be_visible()
        await page.get_by_label("Another number, in digits").fill("nobody")
        await page.get_by_role("button", name="Use").click()
        await expect(page.locator(".another .problem")).to_contain_text("7 to 15 digits")
        assert [(one["from"], one["text"]["body"]) for one in messages(whatsapp)] == [
            ("447700900142", "Good morning"),
            ("12025550123", "Hi there"),
        ]


async def test_a_server_that_is_not_there(browser: Browser) -> None:
    app = whatsapp_app(SECRETS, "http://127.0.0.1:9/webhooks/whatsapp/webhook", pauses=())
    async with listening(app) as client, opened(browser, client.base_url, size="phone") as page:
        banner = page.locator(".banner")
        await expect(banner).to_contain_text("Nothing answers at http://127.0.0.1:9/webhooks/whatsapp/webhook.")
        await expect(banner).to_contain_text("aftercare serve")
        await write(page, "Hello?")
        failed = bubble(page, "Hello?", "customer")
        await expect(failed).to_have_attribute("data-state", "failed")
        async with on_whatsapp() as there:
            app.ctx.simulator.caller.address = there.receiver.address
            await failed.get_by_role("button", name="Send again").click()
            await expect(failed).to_have_attribute("data-state", "delivered")
            await expect(banner).to_be_hidden()


async def test_a_chat_on_wechat(browser: Browser) -> None:
    async with wechat_page(browser) as (page, wechat):
        openid = next(iter(wechat.simulator.stage.people))
        await write(page, "你好")
        await expect(bubble(page, "你好", "customer")).to_have_attribute("data-state", "delivered")
        text = (
            "看<a href=\"https://shop.example/o\">订单</a> <script>alert(1)</script><a href='javascript:alert(1)'>x</a>"
        )
        assert await wechat.send(openid, "text", {"content": text}) == 0
        theirs = page.locator(".message.shop").first
        await expect(theirs.get_by_role("link", name="订单")).to_have_attribute("href", "https://shop.example/o")
        await expect(theirs.get_by_role("link")).to_have_count(1)
        await expect(theirs).to_contain_text("<script>")
        menu = {"head_content": "请选择", "list": [{"id": "/track", "content": "查询物流"}], "tail_content": "谢谢"}
        assert await wechat.send(openid, "msgmenu", menu) == 0
        await page.get_by_role("button", name="查询物流").click()
        await expect(bubble(page, "查询物流", "customer")).to_have_attribute("data-state", "delivered")
        assert "<bizmsgmenuid><![CDATA[/track]]>" in decrypted(wechat.receiver.got[-1])
        inline = '<a href="weixin://bizmsgmenu?msgmenucontent=是&msgmenuid=/affirm">是</a>'
        assert await wechat.send(openid, "text", {"content": inline}) == 0
        await page.get_by_role("button", name="是", exact=True).click()
        await expect(bubble(page, "是", "customer").last).to_have_attribute("data-state", "delivered")
        assert "<bizmsgmenuid><![CDATA[/affirm]]>" in decrypted(wechat.receiver.got[-1])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Voice…", "<Recognition><![CDATA[我的包裹到哪里了？]]></Recognition>"),
        ("Location…", "<MsgType><![CDATA[location]]></MsgType>"),
        ("Scan a code…", "<Event><![CDATA[SCAN]]></Event>\n<EventKey><![CDATA[parcel]]></EventKey>"),
        ("Menu click…", "<Event><![CDATA[CLICK]]></Event>"),
        ("Follow…", "<Event><![CDATA[subscribe]]></Event>"),
        ("Mini program card", "<MsgType><![CDATA[miniprogrampage]]></MsgType>"),
        ("Sample photo", "<PicUrl><![CDATA[http://127.0.0.1:"),
    ],
)
async def test_what_customers_send_on_wechat(browser: Browser, name: str, words: str) -> None:
    async with wechat_page(browser, size="phone") as (page, wechat):
        await attach(page, name)
        if name.endswith("…"):
            await page.get_by_role("dialog").locator("button.primary").click()
        await wechat.simulator.stage.wait_for(
            lambda: [one for one in wechat.simulator.stage.bubbles.values() if one.state == Delivery.DELIVERED]
        )
        assert words in decrypted(wechat.receiver.got[0])
        await expect(page.locator(".message")).to_have_attribute("data-state", "delivered")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_pages_can_be_read_and_used_by_everybody(browser: Browser, size: str, scheme: str) -> None:
    async with whatsapp_page(browser, size=size, color_scheme=scheme) as (page, whatsapp):
        await write(page, "Where is my order?")
        await whatsapp.simulator.stage.wait_for(lambda: messages(whatsapp))
        await whatsapp.send(ANNA, **buttons("Track it", "Return it"))
        await whatsapp.simulator.switch("undeliverable", True)
        await whatsapp.send(ANNA, text={"body": "Not to be seen"})
        await expect(page.locator(".failure")).to_be_visible()
        assert await page.evaluate(AUDIT) == []
        if size == "phone":
            for button, panel in (("Settings", "#settings"), ("Wire", "#wire")):
                await page.get_by_role("button", name=button).click()
                await expect(page.locator(panel)).to_be_visible()
                assert await page.evaluate(AUDIT) == []
                await page.locator(f"{panel} .close").click()
    async with wechat_page(browser, size=size, color_scheme=scheme) as (page, wechat):
        openid = next(iter(wechat.simulator.stage.people))
        await wechat.simulator.say(openid, {"MsgType": "event", "Event": "subscribe", "EventKey": ""})
        await write(page, "你好")
        await expect(page.locator(".message.customer")).to_have_attribute("data-state", "delivered")
        menu = {"head_content": "请选择", "list": [{"id": "1", "content": "查询物流"}], "tail_content": "谢谢"}
        await wechat.send(openid, "msgmenu", menu)
        await expect(page.locator(".message.shop")).to_be_visible()
        assert await page.evaluate(AUDIT) == []


async def test_other_websites_and_names_do_not_reach_the_page() -> None:
    async with on_whatsapp() as whatsapp:
        for headers in ({"Host": "simulator.example"}, {"Origin": "https://a.example"}, {"Origin": "null"}):
            answer = await whatsapp.client.post("/page/clear", json={}, headers=headers)
            assert answer.status_code == 403
        for path in ("/", "/static/chat.js", "/page/events"):
            assert (await whatsapp.client.get(path, headers={"Host": "simulator.example"})).status_code == 403
        answer = await whatsapp.client.get("/")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for path in ("/static/..%2fpage.py", "/static/nothing.js", "/page/files/1"):
            assert (await whatsapp.client.get(path)).status_code == 404
        for action, told in (("nothing", {}), ("say", {}), ("say", []), ("switch", {"name": "fail", "value": "x"})):
            answer = await whatsapp.client.post(f"/page/{action}", json=told)
            assert answer.status_code == (404 if action == "nothing" else 400)


async def test_files_are_shown_without_what_they_might_do() -> None:
    async with on_whatsapp() as whatsapp:
        page = b"<script>alert(1)</script>"
        for content_type in ("text/html", "image/svg+xml"):
            kept = await upload(whatsapp.client, page, content_type)
            answer = await whatsapp.client.get(f"/page/files/{kept}")
            assert answer.headers["content-disposition"] == "attachment"
            assert "sandbox" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"


async def upload(client: httpx.AsyncClient, content: bytes, content_type: str) -> str:
    answer = await client.post("/page/files", content=content, headers={"Content-Type": content_type})
    kept: str = answer.json()["id"]
    return kept


async def test_a_link_of_the_shop_brings_its_words_along(browser: Browser) -> None:
    async with whatsapp_page(browser) as (page, _):
        await page.goto("/?text=Hello%21+My+code%3A+42")
        await expect(page.locator("#text")).to_have_value("Hello! My code: 42")
