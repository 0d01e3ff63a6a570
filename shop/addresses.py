"""Addresses as they are written on a parcel in their country."""

from shop.model import Address

# The lines below the name, top to bottom. A country that is not here is written as most of Europe does.
_FORMS: dict[str, tuple[str, ...]] = {
    "CA": ("{street}", "{extra}", "{city} {region} {postal_code}"),
    "CN": ("{postal_code}", "{region}{city}", "{street}", "{extra}"),
    "ES": ("{street}", "{extra}", "{postal_code} {city}", "{region}"),
    "GB": ("{extra}", "{street}", "{city}", "{postal_code}"),
    "MX": ("{street}", "{extra}", "{postal_code} {city}, {region}"),
    "US": ("{street}", "{extra}", "{city}, {region} {postal_code}"),
}
_DEFAULT = ("{street}", "{extra}", "{postal_code} {city}")


def address_lines(address: Address) -> tuple[str, ...]:
    """The name and the address's lines in its country's form, without the country's own name."""
    fields = {
        "street": address.street,
        "extra": address.extra or "",
        "city": address.city,
        "region": address.region or "",
        "postal_code": address.postal_code,
    }
    lines = [form.format(**fields).strip(" ,") for form in _FORMS.get(address.country, _DEFAULT)]
    # In China the recipient stands last.
    ordered = [*lines, address.name] if address.country == "CN" else [address.name, *lines]
    return tuple(line for line in ordered if line)
