from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from shop import Money, Policies, PoliciesError
from shop.policies import BUNDLED

GOOD = """\
shop: {name: Halden, warehouses: [Shenzhen, Rotterdam]}
language_country: {en: US, no: NO}
default:
  currency: EUR
  region: EU
  returns:
    window_days: 30
    free: true
    fee: {EUR: 4.90, NOK: 49}
  payment:
    vat_percent: 21
    methods: [Visa]
countries:
  NO: {currency: NOK, returns: {window_days: 14}}
  DE:
    payment:
      vat_percent: 8.1
"""


Load = Callable[[str], Policies]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str) -> Policies:
        path = tmp_path / "policies.yml"
        path.write_text(text, encoding="utf-8")
        return Policies.load(path)

    return load


def test_bundled_policies_have_every_country_in_its_currency() -> None:
    policies = Policies.load(BUNDLED)
    currencies = {country: policies.for_country(country).currency for country in policies.countries}
    assert len(currencies) == 33
    assert set(currencies.values()) == {"EUR", "GBP", "USD", "CAD", "CHF", "PLN", "MXN", "CNY"}
    assert policies.language_country["zh"] == "CN"


REGIONAL = """\
regions:
  Nordic:
    countries: [NO, SE]
    returns: {window_days: 21, free: false}
"""


def test_a_country_has_its_regions_figures_below_its_own(load: Load) -> None:
    policies = load(GOOD + REGIONAL)
    assert policies.for_country("SE").region == policies.for_country("NO").region == "Nordic"
    assert policies.for_country("DE").region == "EU"
    assert policies.for_country("SE").returns.window_days == 21
    assert policies.for_country("NO").returns.window_days == 14
    assert policies.for_country("NO").returns.free is False
    assert set(policies.countries) == {"NO", "SE", "DE"}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("regions: {EU: {returns: {free: true}}}", "needs the list of its `countries`"),
        ("regions: {EU: {countries: [no]}}", "'no' is not a country code"),
        ("regions: {EU: {countries: [SE], returns: {windows: 1}}}", "EU: unknown key returns.windows"),
    ],
)
def test_a_wrong_region_is_an_error_with_its_line(load: Load, wrong: str, problem: str) -> None:
    with pytest.raises(PoliciesError, match=rf"policies.yml:{GOOD.count(chr(10)) + 1}: .*{problem}"):
        load(GOOD + wrong)


def test_overrides_are_merged_and_money_is_the_countrys() -> None:
    policies = Policies.load(BUNDLED)
    china = policies.for_country("cn")
    assert china.returns.window_days == 15
    assert china.returns.label_valid_days == policies.for_country(None).returns.label_valid_days
    assert china.returns.fee == Money(Decimal("12"), "CNY")
    assert policies.for_country("GB").shipping.standard_fee == Money(Decimal("4.50"), "GBP")
    assert policies.for_country("GB").shop.name == "Halden"


def test_unknown_country_is_the_default() -> None:
    policies = Policies.load(BUNDLED)
    assert policies.for_country("XX") == policies.for_country(None)
    assert policies.for_country("XX").returns["fee"].currency == "EUR"


def test_norway_is_not_false(load: Load) -> None:
    policies = load(GOOD)
    assert policies.for_country("NO").returns.fee == Money(Decimal("49"), "NOK")
    assert policies.language_country["no"] == "NO"
    assert policies.for_country("DE").payment.vat_percent == 8.1


def test_a_missing_key_says_what_there_is(load: Load) -> None:
    with pytest.raises(AttributeError, match="'windows_days'.*window_days"):
        _ = load(GOOD).for_country("DE").returns.windows_days


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("    payment:", "    paiment:", 17, "DE: unknown section 'paiment'"),
        ("      vat_percent: 8.1", "      vat: 8.1", 17, "DE: unknown key payment.vat"),
        ("      vat_percent: 8.1", "      vat_percent: lots", 17, "must be a whole number, not 'lots'"),
        ("      vat_percent: 8.1", "      methods: [1]", 17, "another kind"),
        ("      vat_percent: 8.1", "      methods: Visa", 17, "must be a list"),
        ("{window_days: 14}", "{window_days: 14.5}", 14, "must be a whole number, not 14.5"),
        ("{window_days: 14}", "{window_days: true}", 14, "must be a whole number, not True"),
        ("{window_days: 14}", "{free: 1}", 14, "must be true or false"),
        ("{window_days: 14}", "{fee: 3}", 14, "must be money per currency"),
        ("{EUR: 4.90, NOK: 49}", "{EUR: 4.90}", 9, "returns.fee has no amount in NOK, the currency of NO"),
        ("{EUR: 4.90, NOK: 49}", "{EUR: 4.90, NOK: much}", 9, "'much' is not an amount"),
        ("{EUR: 4.90, NOK: 49}", "{EUR: 4.90, NOK: -1}", 9, "'-1' is not an amount"),
        ("{EUR: 4.90, NOK: 49}", "{EUR: 4.90, nok: 49}", 9, "currency codes"),
        ("    free: true", "    window_days: 3", 8, "'window_days' stands here twice"),
        ("    free: true", "    items: 3", 8, "'items' cannot be a key"),
        ("    free: true", "    free: [", 10, "not YAML"),
        ("    free: true", "    free: 2026-11-20", 8, "neither text, number nor true/false"),
        ("    free: true", "    free: 2026-13-45", 8, "cannot be read"),
        ("  currency: EUR", "  currency: euro", 4, "'euro' is not a currency code"),
        ("  NO: {", "  Norway: {", 14, "'Norway' is not a country code"),
        ("countries:", "lands:", None, "the part 'countries' is missing"),
    ],
)
def test_errors_name_file_and_line(load: Load, old: str, new: str, line: int | None, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(PoliciesError) as caught:
        load(GOOD.replace(old, new, 1))
    assert caught.value.line == line
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"{caught.value.path}:{line}: " if line else f"{caught.value.path}: ")


def test_files_that_cannot_be_read(load: Load, tmp_path: Path) -> None:
    with pytest.raises(PoliciesError, match=r"nowhere\.yml: No such file"):
        Policies.load(tmp_path / "nowhere.yml")
    with pytest.raises(PoliciesError, match="empty"):
        load("")
    with pytest.raises(PoliciesError, match="not YAML"):
        load("a: \x00")
    (tmp_path / "latin.yml").write_bytes(b"shop: {name: M\xfcller}")
    with pytest.raises(PoliciesError, match="UTF-8"):
        Policies.load(tmp_path / "latin.yml")
