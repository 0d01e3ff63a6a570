from io import BytesIO

import pytest
from PIL import Image

from tests.connectors.conftest import rasa  # noqa: F401
from tests.databases import redis_url  # noqa: F401
from tests.wechat.house import empty_database, house_of, platform  # noqa: F401


@pytest.fixture
def jpeg() -> bytes:
    """A photograph."""
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG")
    return file.getvalue()
