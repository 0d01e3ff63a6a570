from collections.abc import Iterator

import pytest

from tests.security.whole import Whole, open_whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """The whole application."""
    settings = {
        "public_url": "https://care.halden.example",
        "chatwoot_url": "http://127.0.0.1:9",
        "chatwoot_inbox": "halden",
        "chatwoot_token": "token of an agent",
        "chatwoot_secret": "Chatwoot and this server share it",
    }
    with open_whole(tmp_path_factory.mktemp("whole"), **settings) as opened:
        yield opened
