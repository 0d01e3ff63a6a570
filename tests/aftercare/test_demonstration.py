"""The demonstration shop's pages, as the front door opens them."""

from pathlib import Path

import pytest

from aftercare.house import Ground, lay_ground, open_identity_tokens, open_storefront, platform_secrets
from aftercare.settings import Settings
from connectors.identity_tokens import InvalidToken
from shop.demo.customers import load_customers
from tests.serving import serve

SECRET = "a secret of more than thirty-two characters"


def ground(home: Path, **settings: object) -> Ground:
    home.mkdir(exist_ok=True)
    return lay_ground(Settings(home=home, _env_file=None, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{}, {"identity_secret": SECRET}])
async def test_channels_believe_the_tokens_of_its_pages(tmp_path: Path, settings: dict[str, object]) -> None:
    house = ground(tmp_path, **settings)
    tokens = open_identity_tokens(house)
    assert tokens is not None
    customer = load_customers()[0]
    async with serve(open_storefront(house).blueprint(), f"demonstration_{len(settings)}") as client:
        response = await client.post(f"/demo/identity?customer={customer.id}")
        assert tokens.read(response.json()["token"]).email == customer.email
    await house.database.close()


async def test_a_house_believes_its_own_pages_alone(tmp_path: Path) -> None:
    here, there = ground(tmp_path / "here"), ground(tmp_path / "there")
    ours, theirs = open_identity_tokens(here), open_identity_tokens(there)
    assert ours is not None and theirs is not None
    with pytest.raises(InvalidToken):
        ours.read(theirs.sign("ada@mail.example"))
    await here.database.close()
    await there.database.close()


@pytest.mark.parametrize(
    "settings", [{"demo": False}, {"medusa_url": "http://localhost:9000", "medusa_key": "sk_something"}]
)
async def test_a_shop_of_its_own_needs_a_secret(tmp_path: Path, settings: dict[str, object]) -> None:
    house = ground(tmp_path, **settings)
    assert not house.settings.demonstration
    assert open_identity_tokens(house) is None
    await house.database.close()
    house = ground(tmp_path, identity_secret=SECRET, **settings)
    assert open_identity_tokens(house) is not None
    await house.database.close()


def test_platforms_without_secrets_are_simulated_in_the_demonstration_shop(tmp_path: Path) -> None:
    def secrets(**settings: object) -> dict[str, str]:
        return platform_secrets(ground(tmp_path, **settings))

    simulated = secrets()
    assert all(simulated.values()) and secrets() == simulated
    own = secrets(whatsapp_token="EAA")
    assert own == {**simulated, "whatsapp_token": "EAA", "whatsapp_app_secret": "", "whatsapp_verify_token": ""}
    assert set(secrets(demo=False).values()) == {""}
