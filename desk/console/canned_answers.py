"""The page on which supervisors keep the prepared answers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, redirect

from desk.access.permissions import May
from desk.access.web import require
from desk.canned import MOST, VARIABLES, Canned, InvalidCanned
from desk.console.frame import Frame, page


class CannedPages:
    """Shows, changes and deletes the prepared answers."""

    def __init__(self, canned: Canned, frame: Frame) -> None:
        self._canned = canned
        self._frame = frame

    def add_to(self, routes: Blueprint) -> None:
        """Add the page to the routes of the desk."""
        routes.add_route(self._page, "/canned", name="canned")
        routes.add_route(self._save, "/canned", methods=("POST",), name="canned_save")
        routes.add_route(self._remove, "/canned/<canned_id:int>/delete", methods=("POST",), name="canned_delete")

    async def _page(self, request: Request) -> HTTPResponse:
        require(request, May.CANNED)
        return await self._shown(request)

    async def _save(self, request: Request) -> HTTPResponse:
        require(request, May.CANNED)
        sent: Mapping[str, Any] = request.form or {}
        form = {name: str(sent.get(name) or "") for name in ("shortcut", "language", "text")}
        if form["language"] not in self._frame.languages:
            raise NotFound(form["language"])
        try:
            saved = await self._canned.save(**form)
        except InvalidCanned as error:
            return await self._shown(request, 422, entered=form, fault=error.field)
        return redirect(self._frame.path(f"/desk/canned?done=saved#{saved.shortcut}"), status=303)

    async def _remove(self, request: Request, canned_id: int) -> HTTPResponse:
        require(request, May.CANNED)
        await self._canned.remove(canned_id)
        return redirect(self._frame.path("/desk/canned?done=deleted"), status=303)

    async def _shown(self, request: Request, status: int = 200, **values: Any) -> HTTPResponse:
        """The page; again with what was entered, where that could not be saved."""
        answers = {
            shortcut: {answer.language: answer for answer in group}
            for shortcut, group in groupby(await self._canned.all(), key=lambda answer: answer.shortcut)
        }
        done = request.args.get("done")
        shown = {"entered": None, "fault": None, "done": done if done in ("saved", "deleted") else None, **values}
        variables = " ".join(f"{{{name}}}" for name in VARIABLES)
        return await page(request, "canned.html", status, answers=answers, variables=variables, most=MOST, **shown)
