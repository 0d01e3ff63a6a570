"""What was signed once stays good: the derivation is written out here with the standard library."""

import hmac
from base64 import urlsafe_b64encode

import pytest
from itsdangerous import BadSignature, Signer, TimestampSigner

from web.signing import serializer, signer

SECRET = b"s" * 40
SALT = "aftercare.tests.thing"


def signed(value: str, salt: str = SALT) -> str:
    key = hmac.digest(SECRET, salt.encode(), "sha256")
    return f"{value}.{urlsafe_b64encode(hmac.digest(key, value.encode(), 'sha256')).rstrip(b'=').decode()}"


def test_texts_are_signed_with_a_key_derived_from_the_salt() -> None:
    assert signer(Signer, SECRET, SALT).sign("12").decode() == signed("12")
    dated = signer(TimestampSigner, SECRET, SALT).sign("12").decode()
    assert dated == signed(dated.rpartition(".")[0])


def test_values_are_signed_with_a_key_derived_from_the_salt() -> None:
    body = urlsafe_b64encode(b'["a",1]').rstrip(b"=").decode()
    assert serializer(SECRET, SALT).dumps(["a", 1]) == signed(body)


@pytest.mark.parametrize("other", [signed("12", "aftercare.tests.other"), signed("12")[:-2], "12"])
def test_what_was_signed_for_another_use_is_worthless(other: str) -> None:
    with pytest.raises(BadSignature):
        signer(Signer, SECRET, SALT).unsign(other)
