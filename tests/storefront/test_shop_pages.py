"""The pages of the demonstration shop over HTTP."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from shop import Shop
from shop.demo.customers import load_customers
from tests.storefront.serving import LANGUAGES, Served, serve_storefront

ANNA = next(customer for customer in load_customers() if customer.email == "anna.lindner@posteo.example")
HOME = {
    "en": "Good things, made to last",
    "de": "Gute Dinge, die bleiben",
    "es": "Cosas buenas que duran",
    "fr": "De belles choses, faites pour durer",
    "zh": "好物，历久如新",
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_front_page_shows_all_products(served: Served, language: str) -> None:
    page = await served.page("/", language)
    assert page.find("html")[0].attributes["lang"] == language
    assert page.text("h1") == HOME[language]
    products = [link for link in page.links if "/demo/products/" in link]
    assert len(set(products)) == len(products) == 60
    assert len(page.find("section", class_="shelf")) == 14
    assert len(page.ids) == len(set(page.ids))


async def test_the_address_chooses_the_language_before_the_browser(served: Served) -> None:
    assert (await served.page("/?language=fr", "de")).text("h1") == HOME["fr"]
    assert (await served.page("/?language=tlh", "de-AT,en;q=0.5")).text("h1") == HOME["de"]
    assert (await served.page("/", "pt")).text("h1") == HOME["en"]


async def test_prices_are_those_of_the_visitors_country(served: Served, shop: Shop) -> None:
    assert "69,90\N{NO-BREAK SPACE}€" in (await served.page("/demo/products/KNI-201", "de")).source
    oliver = next(customer for customer in load_customers() if customer.country == "GB")
    product = next(product for product in await shop.products() if product.sku == "KNI-201")
    page = await served.page(f"/demo/products/KNI-201?language=en&customer={oliver.id}")
    assert page.text("p", class_="price") == f"£{product.prices['GBP'].amount}"


async def test_what_was_chosen_travels_along(served: Served) -> None:
    page = await served.page(f"/demo/products/SHO-704?language=fr&customer={ANNA.id}&colour=grey")
    inside = [link for link in page.links if link.startswith(("/?", "/demo/"))]
    assert inside
    for link in inside:
        asked = parse_qs(urlsplit(link).query)
        menu = link in [element.attributes["href"] for element in page.find("a") if "hreflang" in element.attributes]
        assert menu or asked["language"] == ["fr"], link
    languages = {
        element.attributes["hreflang"]: element.attributes["href"] for element in page.find("a", lang="de")[:1]
    }
    assert languages["de"] == f"/demo/products/SHO-704?language=de&customer={ANNA.id}&colour=grey"


async def test_one_can_be_six_customers_of_different_countries(served: Served, shop: Shop) -> None:
    page = await served.page("/demo/orders", "en")
    customers = [parse_qs(urlsplit(link).query).get("customer") for link in page.links if "/demo/orders" in link]
    ids = list(dict.fromkeys(found[0] for found in customers if found))
    chosen = [customer for customer in load_customers() if customer.id in ids]
    assert len(chosen) == 6
    assert len({customer.country for customer in chosen}) == 6
    assert {customer.language for customer in chosen} == set(LANGUAGES)
    states = {order.status for customer in chosen for order in await shop.orders_of(customer.email)}
    assert {"in_transit", "delivered", "customs", "returned", "out_for_delivery"} <= states


async def test_a_customer_sees_their_orders(served: Served, shop: Shop) -> None:
    page = await served.page(f"/demo/orders?language=de&customer={ANNA.id}")
    orders = await shop.orders_of(ANNA.email)
    assert [heading.text for heading in page.find("h2")][: len(orders)] == [order.number for order in orders]
    assert "AC-114590" in page.source
    assert "Zugestellt" in page.source and "Slim-Fit-Jeans" in page.source
    assert "/demo/pictures/BOT-301.svg?colour=blue" in page.source
    assert any("zurückgeben" in button.text for button in page.find("button"))


@pytest.mark.parametrize("customer", ["", "C99999", "anna.lindner@posteo.example"])
async def test_nobody_sees_none(served: Served, customer: str) -> None:
    page = await served.page(f"/demo/orders?language=en&customer={customer}")
    assert page.find("article") == []
    assert "data-identity" not in page.find("body")[0].attributes


async def test_a_product_in_its_colours_and_sizes(served: Served, shop: Shop) -> None:
    product = next(product for product in await shop.products() if product.sku == "SHO-704")
    page = await served.page("/demo/products/SHO-704?language=en&colour=grey")
    assert page.find("a", aria_current="true", href="/demo/products/SHO-704?language=en&colour=grey")
    assert page.find("img")[0].attributes["src"] == "/demo/pictures/SHO-704.svg?colour=grey"
    sizes = page.find("ul", class_="options sizes")[0].text.split()
    assert [size for size in sizes if size.isdigit()] == [v.size for v in product.variants if v.swatch == "#8d9299"]
    sold_out = [v for v in product.variants if v.swatch == "#8d9299" and not v.stock]
    assert len(page.find("li", class_="out")) == len(sold_out)
    first = await served.page("/demo/products/SHO-704?language=en&colour=mauve")
    assert first.find("img")[0].attributes["src"] == "/demo/pictures/SHO-704.svg?colour=brown"


async def test_products_without_sizes_have_pages_too(served: Served, shop: Shop) -> None:
    for product in await shop.products():
        page = await served.page(f"/demo/products/{product.sku}", "zh")
        assert page.text("h1") == product.names["zh"]


async def test_the_page_embeds_the_chat_as_any_shop_would(served: Served) -> None:
    page = await served.page(f"/?language=es&customer={ANNA.id}")
    widget, script = page.find("script")
    assert widget.attributes["src"] == "/widget.js"
    assert widget.attributes["type"] == script.attributes["type"] == "module"
    assert (widget.attributes["data-language"], widget.attributes["data-name"]) == ("es", "Halden")
    assert page.find("body")[0].attributes["data-identity"] == f"/demo/identity?customer={ANNA.id}"


async def test_what_one_can_try_is_of_this_shop(served: Served, shop: Shop) -> None:
    page = await served.page("/", "en")
    sayings = [button.attributes["data-say"] for button in page.find("button", class_="saying")]
    assert len(sayings) == 6
    number, email = re.findall(r"AC-\d+|\S+@\S+", sayings[0])
    order = await shop.order(number)
    assert order is not None and order.customer.email == email
    assert "var/mail" in page.source

    hers = await served.page(f"/?language=en&customer={ANNA.id}")
    number = re.findall(r"AC-\d+", hers.find("button", class_="saying")[0].text)[0]
    assert number in [order.number for order in await shop.orders_of(ANNA.email)]
    assert ANNA.name in hers.text("section", class_="try") and "var/mail" not in hers.source


async def test_letters_that_are_sent_lie_in_no_folder(shop: Shop) -> None:
    async with serve_storefront(shop, letters=None) as served:
        assert "aftercare mail" not in (await served.page("/", "en")).source


async def test_the_shop_vouches_for_its_own_customers_alone(served: Served) -> None:
    response = await served.client.post(f"/demo/identity?customer={ANNA.id}")
    assert response.json() == {"token": f"signed for {ANNA.email}"}
    assert response.headers["cache-control"] == "no-store"
    for customer in ("", "C99999", ANNA.email):
        response = await served.client.post("/demo/identity", params={"customer": customer})
        assert (response.status_code, list(response.json())) == (404, ["error"])
    # Nothing that another site's page could load.
    assert (await served.client.get(f"/demo/identity?customer={ANNA.id}")).status_code == 405


async def test_pictures_are_drawn_in_the_products_colours(served: Served) -> None:
    grey = await served.client.get("/demo/pictures/KNI-201.svg?colour=grey", headers={"accept-encoding": "gzip"})
    assert grey.headers["content-type"] == "image/svg+xml"
    assert grey.headers["content-encoding"] == "gzip"
    assert "max-age" in grey.headers["cache-control"]
    assert "#8d9299" in grey.text
    again = await served.client.get(
        "/demo/pictures/KNI-201.svg?colour=grey", headers={"if-none-match": grey.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert (await served.client.get("/demo/pictures/XXX-1.svg")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/demo/nothing", "/demo/products/XXX-1", "/demo/static/nothing.css", "/demo/static/..%2Fpages.py"]
)
async def test_what_is_not_there_has_a_page_that_says_so(served: Served, path: str) -> None:
    page = await served.page(path, "de", 404)
    assert page.text("h1") == "Diese Seite gibt es nicht"


async def test_pages_run_and_load_nothing_from_elsewhere(served: Served) -> None:
    response = await served.client.get("/")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy and "http" not in policy
    for element in (await served.page("/")).elements:
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)


async def test_below_a_path_of_a_proxy(shop: Shop) -> None:
    async with serve_storefront(shop, public_url="https://shop.example/support") as served:
        page = await served.page(f"/?language=en&customer={ANNA.id}")
        addresses = [
            element.attributes[name]
            for element in page.elements
            for name in ("href", "src")
            if name in element.attributes
        ]
        inside = [address for address in addresses if not address.startswith(("#", "mailto:", "tel:"))]
        assert inside and all(address.startswith("/support/") for address in inside)
        assert page.find("body")[0].attributes["data-identity"].startswith("/support/demo/identity?")


async def test_nothing_is_kept_in_cookies(served: Served) -> None:
    response = await served.client.get(f"/?customer={ANNA.id}")
    assert "set-cookie" not in response.headers
    assert json.dumps(dict(served.client.cookies)) == "{}"
