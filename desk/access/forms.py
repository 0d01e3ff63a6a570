"""What the pages of this room have in common: fields of forms, pages, and what is said after something was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, redirect

from desk.access.passwords import fault
from desk.console.frame import Frame, page

UNPROCESSABLE = 422

DONE = frozenset({"disabled", "enabled", "ended", "password", "saved", "signed_out", "totp_off", "totp_on"})
"""What a page may say that was just done; as `done` in its address."""


@dataclass
class Form:
    """What somebody sent with a form, and what is wrong with it.

    Attributes:
        errors: the sentence (its key without `access_error_`) by the name of the field.
    """

    values: Mapping[str, Sequence[str]]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> Form:
        """The form of a request."""
        return cls(dict(request.form or {}))

    def text(self, name: str) -> str:
        """The content of a field; "" where there is none."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """What was chosen, where several things can be."""
        return list(self.values.get(name, ()))

    def new_password(self, email: str, name: str) -> str:
        """A new password, which is in two fields; what is wrong with it is noted."""
        password = self.text("password")
        if found := fault(password, email, name):
            self.errors["password"] = f"password_{found}"
        elif password != self.text("again"):
            self.errors["again"] = "password_differs"
        return password


def frame_of(request: Request) -> Frame:
    """What writes pages."""
    frame: Frame = request.app.ctx.desk_frame
    return frame


def plain(request: Request, template: str, status: int = 200, **values: Any) -> HTTPResponse:
    """A page for somebody who is not signed in."""
    frame = frame_of(request)
    return frame.answer(template, frame.language_of(request), status, done=done(request), **values)


async def framed(request: Request, template: str, form: Form | None = None, **values: Any) -> HTTPResponse:
    """A page for whoever is signed in; again with what is wrong, where a form could not be taken."""
    shown = form or Form({})
    status = UNPROCESSABLE if shown.errors else 200
    return await page(request, template, status, form=shown, errors=shown.errors, done=done(request), **values)


def done(request: Request) -> str | None:
    """What was just done."""
    said = request.args.get("done")
    return said if said in DONE else None


def see(address: str, what: str = "") -> HTTPResponse:
    """Send the browser on to a page, which says what was done."""
    assert not what or what in DONE
    return redirect(f"{address}?done={what}" if what else address, status=303)
