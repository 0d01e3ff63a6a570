"""The documents of the demonstration shop, behind their links."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from aftercare.house import Ground, furnish, lay_ground, open_documents, open_links
from aftercare.settings import Settings
from shop import Item, Money, Reason, Resolution, Return, ReturnRequest, WayBack
from storage import migrate
from tests.documents.reading import text_of
from tests.serving import serve


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    settings = Settings(home=tmp_path, _env_file=None)  # type: ignore[call-arg]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, settings.database).result()
    laid = lay_ground(settings)
    await furnish(laid)
    yield laid
    await laid.database.close()


def test_the_secret_is_not_shown(ground: Ground) -> None:
    assert ground.secret.decode() not in repr(ground)


async def test_an_invoice_is_behind_its_link(ground: Ground) -> None:
    order = (await ground.shop.recent_orders(1))[0]
    links = open_links(ground)
    async with serve(open_documents(ground).blueprint(), "house_documents") as client:
        for number, language, status in ((order.number, "de", 200), ("AC-000000", "fr", 404)):
            url = links.url("invoice", number, language=language, valid=timedelta(minutes=5))
            response = await client.get(url.removeprefix(ground.settings.address))
            assert response.status_code == status
            if status == 200:
                text = text_of(response.content)
                assert order.number in text and order.shipping_address.name in text and "Rechnung" in text
            else:
                assert "Il n'y a pas de document ici" in response.text


async def announced(ground: Ground, way_back: WayBack) -> Return:
    order = await ground.shop.order("AC-114590")
    assert order is not None
    price, nothing = order.lines[0].unit_price, Money(Decimal(0), order.currency)
    items = (Item(order.lines[0].sku),)
    request = ReturnRequest(order.number, items, Reason.QUALITY, Resolution.REFUND, way_back, price, nothing)
    return await ground.shop.create_return(request, "key")


async def test_a_return_has_its_label_behind_a_link(ground: Ground) -> None:
    return_ = await announced(ground, WayBack.LABEL)
    url = open_links(ground).url("label", return_.number, language="de", valid=timedelta(minutes=5))
    async with serve(open_documents(ground).blueprint(), "house_labels") as client:
        response = await client.get(url.removeprefix(ground.settings.address))
    assert (response.status_code, response.headers["content-type"]) == (200, "application/pdf")
    text = text_of(response.content)
    for fact in (return_.number, "AC-114590", return_.tracking_number, "Anna Lindner", return_.return_to.street):
        assert fact in text


async def test_a_return_without_a_printer_has_its_code_behind_a_link(ground: Ground) -> None:
    return_ = await announced(ground, WayBack.QR_CODE)
    url = open_links(ground).url("drop_off_code", return_.number, language="zh", valid=timedelta(minutes=5))
    async with serve(open_documents(ground).blueprint(), "house_codes") as client:
        response = await client.get(url.removeprefix(ground.settings.address))
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    code = zxingcpp.read_barcode(Image.open(BytesIO(response.content)))
    assert code is not None
    assert code.text == f"{return_.tracking_number} {return_.number}"


async def test_a_return_that_nobody_knows_has_no_label(ground: Ground) -> None:
    async with serve(open_documents(ground).blueprint(), "house_nothing") as client:
        for kind in ("label", "drop_off_code"):
            url = open_links(ground).url(kind, "RMA-AAAAAA", language="en", valid=timedelta(minutes=5))
            assert (await client.get(url.removeprefix(ground.settings.address))).status_code == 404
