"""The pages for supervisors (the live board, reports, warnings), and the review of messages for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, html, raw, redirect

from bot.intents import FLOWS, QUESTION
from bot.localization import locale_of
from desk.access.agents import Agent
from desk.access.audit import Audit
from desk.access.permissions import May
from desk.access.web import require
from desk.console.frame import Frame, page
from desk.messages import Words
from desk.reports import writing
from desk.reports.behind import behind
from desk.reports.drawing import drawings
from desk.reports.period import DEFAULT, NAMED, Period, asked_period
from desk.reports.report import DIMENSIONS, Filters, Report, Reports
from desk.reports.reviews import Reviews, UnknownMessage
from desk.reports.sheets import as_csv, sheets, value_name, written
from desk.reports.spikes import INTENT_KIND, PRODUCT_KIND, Spikes, Warned
from storage import Database

Titles = Callable[[str], Mapping[str, str]]
"""The titles of the articles in a language, by their slugs."""

NONE_OF_THESE = "none"

MAX_VALUE = 100
"""The characters of a filter that are looked at."""


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen: its value, and what it is called."""

    value: str
    name: str


class ReportPages:
    """The pages; a part of `desk.console.pages.Desk`.

    Args:
        intents: those that have training examples: what a message can be labelled with.
        titles: of the articles, which are what questions are about.
        now: the clock, in aware datetimes.
    """

    def __init__(
        self,
        frame: Frame,
        database: Database,
        audit: Audit,
        reports: Reports,
        spikes: Spikes,
        reviews: Reviews,
        *,
        intents: Sequence[str],
        titles: Titles,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._frame = frame
        self._database = database
        self._audit = audit
        self._reports = reports
        self._spikes = spikes
        self._reviews = reviews
        self._intents = tuple(intents)
        self._titles = titles
        self._now = now

    def add_to(self, routes: Blueprint) -> None:
        """Add the routes."""
        routes.add_route(self._board, "/board", name="board")
        routes.add_route(self._warning, "/warnings/<number:int>", name="warning")
        routes.add_route(self._dismiss, "/warnings/<number:int>/dismiss", methods=("POST",), name="POST dismiss")
        routes.add_route(self._report, "/reports", name="reports")
        routes.add_route(self._csv, "/reports/<file>", name="reports_csv")
        routes.add_route(self._review, "/review", name="review")
        routes.add_route(self._label, "/review/<number:int>", methods=("POST",), name="POST review")
        routes.add_route(self._export, "/review/<file>", name="review_export")

    async def _board(self, request: Request) -> HTTPResponse:
        agent = require(request, May.REPORTS)
        words = self._frame.words(agent.locale)
        values: dict[str, Any] = {
            "board": await self._reports.board(agent.time_zone),
            "warnings": [(each, risen(each, words)) for each in await self._spikes.open()],
            "writing": writing,
            "locale": locale_of(agent.locale),
        }
        if request.args.get("fragment"):
            common = {"agent": agent, "zone": agent.time_zone, "csrf": request.ctx.csrf}
            return html(self._frame.render("board_now.html", agent.locale, **common, **values))
        return await page(request, "board.html", **values)

    async def _warning(self, request: Request, number: int) -> HTTPResponse:
        agent = require(request, May.REPORTS)
        warned = await self._spikes.get(number)
        if warned is None:
            raise NotFound(str(number))
        await self._audit.record(agent.id, "warning_seen", warning=number)
        found = await behind(self._database, warned)
        text = risen(warned, self._frame.words(agent.locale))
        expected = writing.decimal(warned.expected, locale_of(agent.locale))
        return await page(request, "warning.html", warned=warned, text=text, expected=expected, conversations=found)

    async def _dismiss(self, request: Request, number: int) -> HTTPResponse:
        agent = require(request, May.REPORTS)
        await self._spikes.dismiss(number)
        await self._audit.record(agent.id, "warning_dismissed", warning=number)
        return redirect(self._frame.path("/desk/board"), status=303)

    async def _report(self, request: Request) -> HTTPResponse:
        agent = require(request, May.REPORTS)
        report = await self._run(request, agent)
        words, locale = self._frame.words(agent.locale), locale_of(agent.locale)
        return await page(
            request,
            "reports.html",
            report=report,
            days=writing.whole_days(report.period, locale),
            days_before=writing.whole_days(report.period.previous, locale),
            periods=[Choice(name, words.text(f"reports_period_{name}")) for name in NAMED],
            chosen=self._chosen(request, report),
            choices={name: self._choices(report, words, name) for name in DIMENSIONS},
            drawings=drawings(report, words),
            sheets=sheets(report, words),
            query=urlencode(self._chosen(request, report)),
            written=written,
            writing=writing,
            locale=locale,
        )

    async def _csv(self, request: Request, file: str) -> HTTPResponse:
        agent = require(request, May.REPORTS)
        name = _without(".csv", file)
        report = await self._run(request, agent)
        words = self._frame.words(agent.locale)
        sheet = sheets(report, words).get(name)
        if sheet is None:
            raise NotFound(name)
        await self._audit.record(agent.id, "report_exported", table=name)
        saved = f"{name}_{report.period.first}_{report.period.last}.csv"
        return raw(as_csv(sheet, words), content_type="text/csv; charset=utf-8", headers=_attached(saved))

    async def _run(self, request: Request, agent: Agent) -> Report:
        today = self._now().astimezone(ZoneInfo(agent.time_zone)).date()
        asked = {name: values[0] for name, values in request.args.items()}
        filters = Filters(**{name: asked[name][:MAX_VALUE] for name in DIMENSIONS if asked.get(name)})
        return await self._reports.run(asked_period(asked, today), agent.time_zone, filters)

    def _chosen(self, request: Request, report: Report) -> dict[str, str]:
        """What was asked for, as it is written in an address."""
        today = self._now().astimezone(ZoneInfo(report.zone)).date()
        asked = request.args.get("period") or DEFAULT
        if asked in NAMED and Period.named(asked, today) == report.period:
            return {"period": asked, **report.filters.chosen}
        return {"from": str(report.period.first), "to": str(report.period.last), **report.filters.chosen}

    def _choices(self, report: Report, words: Words, dimension: str) -> list[Choice]:
        values = [value for value in report.values[dimension] if value]
        choices = [Choice(value, value_name(report, words, dimension, value)) for value in values]
        return sorted(choices, key=lambda choice: choice.name)

    async def _review(self, request: Request) -> HTTPResponse:
        agent = require(request, May.REVIEW)
        waiting = await self._reviews.counts()
        language = request.args.get("language") or next((each for each in agent.languages if waiting.get(each)), None)
        language = language if language in waiting else next(iter(waiting), None)
        return await page(
            request,
            "review.html",
            waiting=waiting,
            shown=language,
            messages=await self._reviews.waiting(language) if language else [],
            groups=self._labels(self._frame.words(agent.locale)),
            locale=locale_of(agent.locale),
            writing=writing,
        )

    def _labels(self, words: Words) -> list[tuple[str, list[Choice]]]:
        """What a message can be labelled with: wishes, questions, and moves in a conversation."""

        def choices(intents: Sequence[str]) -> list[Choice]:
            return sorted((Choice(each, words.word("intent", each)) for each in intents), key=lambda each: each.name)

        wishes = [intent for intent in self._intents if intent in FLOWS]
        moves = [intent for intent in self._intents if intent not in FLOWS and not intent.startswith(QUESTION)]
        questions = [Choice(f"{QUESTION}/{slug}", title) for slug, title in self._titles(words.language).items()]
        return [
            (words.text("reports_review_wishes"), choices(wishes)),
            (words.text("reports_review_moves"), choices(moves)),
            (words.text("reports_review_questions"), sorted(questions, key=lambda each: each.name)),
        ]

    async def _label(self, request: Request, number: int) -> HTTPResponse:
        agent = require(request, May.REVIEW)
        form: Any = request.form or {}
        intent = form.get("intent") or ""
        known = {choice.value for _, group in self._labels(self._frame.words(agent.locale)) for choice in group}
        if intent != NONE_OF_THESE and intent not in known:
            raise NotFound(intent)
        try:
            await self._reviews.label(number, agent.id, None if intent == NONE_OF_THESE else intent)
        except UnknownMessage:
            raise NotFound(str(number)) from None
        await self._audit.record(agent.id, "message_reviewed", message=number)
        shown = urlencode({"language": form.get("language") or ""})
        return redirect(self._frame.path(f"/desk/review?{shown}"), status=303)

    async def _export(self, request: Request, file: str) -> HTTPResponse:
        agent = require(request, May.REVIEW)
        language = _without(".yml", file)
        if language not in self._frame.languages:
            raise NotFound(language)
        examples = await self._reviews.export(language)
        await self._audit.record(agent.id, "examples_exported", language=str(locale_of(language)))
        saved = f"reviewed_{locale_of(language)}.yml"
        return raw(examples.encode(), content_type="application/yaml; charset=utf-8", headers=_attached(saved))


def _without(ending: str, file: str) -> str:
    """The name of a file of a kind. Raises `NotFound` for another kind.

    Sanic's own parameters for file names (`ext=`) cannot be together with routes that unquote theirs.
    """
    if not file.endswith(ending):
        raise NotFound(file)
    return file.removesuffix(ending)


def risen(warned: Warned, words: Words) -> str:
    """What rose."""
    if warned.kind == INTENT_KIND:
        return words.word("intent", warned.subject)
    product, _, reason = warned.subject.rpartition("/")
    name = words.text(f"reports_reason_{reason}")
    return words.text("reports_rise_product", product=product, reason=name) if warned.kind == PRODUCT_KIND else name


def _attached(file: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
