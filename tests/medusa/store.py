"""A small shop on a Medusa server: what its staff set up, and what they do with orders."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

CUSTOMER = "anna.berg@mail.example"
PHONE = "+4917604069012"
ADDRESSES: Mapping[str, Mapping[str, str]] = {
    "DE": {
        "first_name": "Anna",
        "last_name": "Berg",
        "address_1": "Hauptstr. 5",
        "address_2": "2. OG",
        "city": "Berlin",
        "postal_code": "10115",
        "country_code": "de",
    },
    "US": {
        "first_name": "Anna",
        "last_name": "Berg",
        "address_1": "12 Elm St",
        "city": "Albany",
        "province": "NY",
        "postal_code": "12207",
        "country_code": "us",
    },
}
STOCK = 1000
"""How many of each variant there are, but for those of which there are few."""


class Store:
    """The Admin API of a server, as its staff use it.

    There are running shoes and a mug, with `STOCK` of each but one pair of `RUN-BLU-43`; DE pays 19 % VAT within the
    prices (but for shipping, where it is on top), US 8 % tax on top.
    """

    def __init__(self, url: str, email: str, password: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=60)
        token = self._http.post("/auth/user/emailpass", json={"email": email, "password": password}).json()["token"]
        self._http.headers["authorization"] = f"Bearer {token}"
        self.key: str = self.post("api-keys", title="Aftercare", type="secret")["api_key"]["token"]
        """A secret API key."""
        self._ids: dict[str, str] = {}
        self._set_up()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What lies under a path."""
        return self._answer(self._http.get(f"/admin/{path}", params=query))

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Creates or changes something."""
        return self._answer(self._http.post(f"/admin/{path}", json=body))

    def order(
        self,
        *skus: str,
        country: str = "DE",
        email: str = CUSTOMER,
        delivery: str = "Standard",
        codes: tuple[str, ...] = (),
    ) -> str:
        """Places an order, shipped in a way that is called `delivery`: its number."""
        draft = self.post(
            "draft-orders",
            region_id=self._regions[country],
            sales_channel_id=self._channel,
            email=email,
            shipping_address=ADDRESSES[country],
            billing_address=ADDRESSES[country],
            items=[{"variant_id": self.variants[sku], "quantity": skus.count(sku)} for sku in dict.fromkeys(skus)],
            promo_codes=codes,
            shipping_methods=[{"name": delivery, "shipping_option_id": self._options["Standard"], "amount": 4.9}],
        )["draft_order"]
        order = self.post(f"draft-orders/{draft['id']}/convert-to-order")["order"]
        self._ids[str(order["display_id"])] = order["id"]
        return str(order["display_id"])

    def pay(self, number: str) -> str:
        """Takes the customer's money."""
        order = self._order(number)
        collection = self.post("payment-collections", order_id=order["id"], amount=order["total"])["payment_collection"]
        self.post(f"payment-collections/{collection['id']}/mark-as-paid", order_id=order["id"])
        return number

    def pack(self, number: str, *skus: str) -> str:
        """Packs a parcel: of these SKUs, or of all there is."""
        order = self._order(number)
        items = [
            {"id": item["id"], "quantity": item["quantity"]}
            for item in order["items"]
            if not skus or item["variant_sku"] in skus
        ]
        self.post(f"orders/{order['id']}/fulfillments", items=items, location_id=self._location)
        return number

    def ship(self, number: str) -> str:
        """Hands the packed parcels to the carrier, with the tracking numbers `T<number>-1` and so on."""
        order = self._order(number)
        parcels = sorted(order["fulfillments"], key=lambda parcel: str(parcel["created_at"]))
        for count, parcel in enumerate(parcels, 1):
            if not parcel["shipped_at"]:
                tracking = f"T{number}-{count}"
                url = f"https://track.example/{tracking}"
                self.post(
                    f"orders/{order['id']}/fulfillments/{parcel['id']}/shipments",
                    items=[{"id": item["line_item_id"], "quantity": item["quantity"]} for item in parcel["items"]],
                    labels=[{"tracking_number": tracking, "tracking_url": url, "label_url": url}],
                )
        return number

    def deliver(self, number: str) -> str:
        """Notes that the carrier has delivered what was shipped."""
        order = self._order(number)
        for parcel in order["fulfillments"]:
            if parcel["shipped_at"] and not parcel["delivered_at"]:
                self.post(f"orders/{order['id']}/fulfillments/{parcel['id']}/mark-as-delivered")
        return number

    def delivered(self, *skus: str, **options: Any) -> str:
        """An order that was paid, and delivered in one parcel: its number."""
        return self.deliver(self.ship(self.pack(self.pay(self.order(*skus, **options)))))

    def take_back(self, number: str, sku: str) -> None:
        """Announces and receives a return of a piece, as staff do by hand."""
        order = self._order(number)
        items = [{"id": item["id"], "quantity": 1} for item in order["items"] if item["variant_sku"] == sku]
        reasons = self.get("return-reasons")["return_reasons"]
        path = f"returns/{self.post('returns', order_id=order['id'], location_id=self._location)['return']['id']}"
        self.post(f"{path}/request-items", items=[item | {"reason_id": reasons[0]["id"]} for item in items])
        self.post(f"{path}/request")
        self.receive(number)

    def receive(self, number: str) -> None:
        """Takes in the newest return of an order, as staff do by hand."""
        query = {"order_id": self._ids[number], "order": "-created_at", "fields": "*items"}
        newest = self.get("returns", **query)["returns"][0]
        path = f"returns/{newest['id']}/receive"
        self.post(path)
        items = [{"id": item["item_id"], "quantity": item["quantity"]} for item in newest["items"]]
        self.post(f"{path}-items", items=items)
        self.post(f"{path}/confirm")

    def take_out(self, number: str, sku: str) -> None:
        """Takes a line out of an order that is not packed."""
        order = self._order(number)
        (item,) = (item["id"] for item in order["items"] if item["variant_sku"] == sku)
        self.post("order-edits", order_id=order["id"])
        path = f"order-edits/{order['id']}"
        self.post(f"{path}/items/item/{item}", quantity=0)
        self.post(f"{path}/request")
        self.post(f"{path}/confirm")

    def delete_customer(self, email: str) -> None:
        """Deletes a customer; the orders stay."""
        for customer in self.get("customers", email=email)["customers"]:
            self._answer(self._http.delete(f"/admin/customers/{customer['id']}"))

    def pay_back(self, number: str, amount: float) -> None:
        """Pays back an amount, as staff do by hand."""
        payment = self._order(number)["payment_collections"][0]["payments"][0]
        self.post(f"payments/{payment['id']}/refund", amount=amount)

    def id(self, number: str) -> str:
        """Medusa's id of an order."""
        return self._ids[number]

    def charged(self, number: str) -> tuple[float, dict[str, float]]:
        """What an order costs by Medusa's count, and what a piece of each line does without tax."""
        order = self._order(number)
        net = {i["variant_sku"]: (i["total"] - i["tax_total"]) / i["quantity"] for i in order["items"]}
        return order["total"], net

    def owed(self, number: str) -> float:
        """What Medusa thinks that the customer has still to pay; negative what they have to get back."""
        return float(self._order(number)["summary"]["pending_difference"])

    def available(self, sku: str) -> int:
        """How many of a variant are there that nobody has reserved."""
        item = self.get("inventory-items", sku=sku, fields="*location_levels")["inventory_items"][0]
        return int(item["location_levels"][0]["available_quantity"])

    def open_change(self, number: str, metadata: Mapping[str, Any]) -> None:
        """Begins a return and leaves it at that, as a process does that ends in the middle of it."""
        self.post("returns", order_id=self._ids[number], metadata=metadata)

    def _order(self, number: str) -> dict[str, Any]:
        fields = "*fulfillments.items,*payment_collections.payments"
        order: dict[str, Any] = self.get(f"orders/{self._ids[number]}", fields=fields)["order"]
        return order

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def _set_up(self) -> None:
        shop = self.get("stores")["stores"][0]["id"]
        currencies = [
            {"currency_code": "eur", "is_default": True, "is_tax_inclusive": True},
            {"currency_code": "usd", "is_tax_inclusive": False},
        ]
        self.post(f"stores/{shop}", supported_currencies=currencies)
        self._channel = self.get("sales-channels")["sales_channels"][0]["id"]
        self._regions = {
            country: self.post(
                "regions",
                name=country,
                currency_code=currency,
                countries=[country.lower()],
                payment_providers=["pp_system_default"],
            )["region"]["id"]
            for country, currency in (("DE", "eur"), ("US", "usd"))
        }
        for country, rate in (("de", 19), ("us", 8)):
            tax = {"name": "Tax", "rate": rate, "code": country}
            self.post("tax-regions", country_code=country, provider_id="tp_system", default_tax_rate=tax)
        self._location, self._options = self._set_up_shipping()
        self.variants = self._set_up_products()
        self.post("return-reasons", value="too_small", label="Too small")
        self.post(
            "promotions",
            code="TENOFF",
            type="standard",
            status="active",
            is_tax_inclusive=True,
            application_method={
                "type": "percentage",
                "target_type": "items",
                "allocation": "across",
                "value": 10,
            },
        )
        customer = self.post(
            "customers",
            email=CUSTOMER,
            first_name="Anna",
            last_name="Berg",
            phone=PHONE,
            metadata={"language": "fr"},
        )["customer"]["id"]
        self.post(f"customers/{customer}/addresses", **ADDRESSES["DE"], is_default_shipping=True)

    def _set_up_shipping(self) -> tuple[str, dict[str, str]]:
        address = {"address_1": "Kade 1", "city": "Rotterdam", "postal_code": "3011 WK", "country_code": "nl"}
        location = self.post("stock-locations", name="Rotterdam", address=address)["stock_location"]["id"]
        self.post(f"stock-locations/{location}/sales-channels", add=[self._channel])
        self.post(f"stock-locations/{location}/fulfillment-providers", add=["manual_manual"])
        self.post(f"stock-locations/{location}/fulfillment-sets", name="Parcels", type="shipping")
        found = self.get(f"stock-locations/{location}", fields="*fulfillment_sets")["stock_location"]
        zones = [{"type": "country", "country_code": country} for country in ("de", "us")]
        zone = self.post(
            f"fulfillment-sets/{found['fulfillment_sets'][0]['id']}/service-zones", name="All", geo_zones=zones
        )["fulfillment_set"]["service_zones"][0]["id"]
        profile = self.get("shipping-profiles")["shipping_profiles"][0]["id"]
        options = {}
        for name in ("Standard", "Return"):
            options[name] = self.post(
                "shipping-options",
                name=name,
                service_zone_id=zone,
                shipping_profile_id=profile,
                provider_id="manual_manual",
                price_type="flat",
                type={"label": name, "description": name, "code": name.lower()},
                prices=[{"currency_code": "eur", "amount": 4.9}, {"currency_code": "usd", "amount": 5.9}],
                rules=[{"attribute": "is_return", "operator": "eq", "value": str(name == "Return").lower()}],
            )["shipping_option"]["id"]
        return location, options

    def _set_up_products(self) -> dict[str, str]:
        profile = self.get("shipping-profiles")["shipping_profiles"][0]["id"]
        shoes = self.post("product-categories", name="Shoes", handle="shoes", is_active=True)["product_category"]["id"]
        shared = {
            "status": "published",
            "shipping_profile_id": profile,
            "sales_channels": [{"id": self._channel}],
        }
        runner = self.post(
            "products",
            title="Trail runner",
            handle="trail-runner",
            thumbnail="https://cdn.example/runner.png",
            categories=[{"id": shoes}],
            options=[{"title": "Color", "values": ["Black", "Blue"]}, {"title": "Size", "values": ["42", "43"]}],
            variants=[
                {
                    "title": f"{colour} / {size}",
                    "sku": f"RUN-{colour[:3].upper()}-{size}",
                    "options": {"Color": colour, "Size": size},
                    "prices": [{"currency_code": "eur", "amount": 49.9}, {"currency_code": "usd", "amount": 55}],
                }
                for colour in ("Black", "Blue")
                for size in ("42", "43")
            ],
            **shared,
        )["product"]
        mug = self.post(
            "products",
            title="Mug",
            handle="mug",
            options=[{"title": "Kind", "values": ["Plain"]}],
            variants=[
                {
                    "title": "Plain",
                    "sku": "MUG",
                    "options": {"Kind": "Plain"},
                    "prices": [{"currency_code": "eur", "amount": 9.99}, {"currency_code": "usd", "amount": 12.5}],
                }
            ],
            **shared,
        )["product"]
        variants = {variant["sku"]: variant["id"] for product in (runner, mug) for variant in product["variants"]}
        for sku in variants:
            item = self.get("inventory-items", sku=sku)["inventory_items"][0]["id"]
            stock = 1 if sku == "RUN-BLU-43" else STOCK
            self.post(f"inventory-items/{item}/location-levels", location_id=self._location, stocked_quantity=stock)
        return variants
