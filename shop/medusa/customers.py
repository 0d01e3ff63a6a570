"""Medusa's customers and addresses, read as the shop's model."""

from shop.medusa.client import Json
from shop.model import Address, Customer
from shop.policies import Policies

FIELDS = "id,email,first_name,last_name,company_name,phone,has_account,metadata,created_at,*addresses"
"""What to ask for with a customer."""

NOWHERE = Address("", "", "", "", "")
"""The address of a customer who has given none."""


def to_customer(
    document: Json, policies: Policies, last_used: Address = NOWHERE, locale: str | None = None
) -> Customer:
    """The customer of a document.

    `last_used` is the address of an order, for customers who have saved none. Medusa knows no language of a customer:
    it is that of their order's `locale`, or in their metadata (`language`), or the first of their country's.
    """
    address = _address(document) or last_used
    metadata = document.get("metadata") or {}
    return Customer(
        id=document["id"],
        name=_name(document) or address.name,
        email=document["email"] or "",
        phone=document.get("phone"),
        country=address.country,
        language=(locale or metadata.get("language") or _language(address.country, policies)).split("-")[0],
        address=address,
    )


def to_address(document: Json) -> Address:
    """The address of a document; `NOWHERE` of an empty one."""
    return Address(
        name=_name(document) or document.get("company") or "",
        street=document.get("address_1") or "",
        city=document.get("city") or "",
        postal_code=document.get("postal_code") or "",
        country=(document.get("country_code") or "").upper(),
        region=document.get("province") or None,
        extra=document.get("address_2") or None,
    )


def from_address(address: Address) -> Json:
    """An address as Medusa takes it. What follows the first space of the name is the last name."""
    first_name, _, last_name = address.name.partition(" ")
    return {
        "first_name": first_name,
        "last_name": last_name,
        "address_1": address.street,
        "address_2": address.extra or "",
        "city": address.city,
        "province": address.region or "",
        "postal_code": address.postal_code,
        "country_code": address.country.lower(),
    }


def _address(document: Json) -> Address | None:
    """The address that a customer has saved: the one for deliveries, or the first."""
    saved = sorted(document.get("addresses") or (), key=lambda address: str(address["created_at"]))
    default = next((address for address in saved if address["is_default_shipping"]), None)
    chosen = default or next(iter(saved), None)
    return to_address(chosen) if chosen else None


def _name(document: Json) -> str:
    return " ".join(part for part in (document.get("first_name"), document.get("last_name")) if part)


def _language(country: str, policies: Policies) -> str:
    spoken = (language for language, of in policies.language_country.items() if of == country)
    return next(spoken, "en")
