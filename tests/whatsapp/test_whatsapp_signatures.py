"""What proves that a webhook is the platform's."""

import pytest

from connectors.whatsapp.signatures import is_signed, signature

SECRET = "key"
BODY = b"The quick brown fox jumps over the lazy dog"
# The example of HMAC-SHA256 that https://en.wikipedia.org/wiki/HMAC#Examples has.
DIGEST = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"


def test_the_signature_is_the_known_one() -> None:
    assert signature(BODY, SECRET) == f"sha256={DIGEST}"
    assert is_signed(BODY, f"sha256={DIGEST}", SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        DIGEST,
        f"sha256={DIGEST[:-1]}",
        f"sha256={DIGEST.upper()}",
        f"sha1={DIGEST}",
        "sha256=é",
        "sha256=\udcff",
    ],
)
def test_anything_else_is_none(header: str | None) -> None:
    assert not is_signed(BODY, header, SECRET)


def test_another_body_or_another_secret_is_not_signed() -> None:
    assert not is_signed(BODY + b" ", f"sha256={DIGEST}", SECRET)
    assert not is_signed(BODY, f"sha256={DIGEST}", "another key")
