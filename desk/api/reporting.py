"""Reports for programs."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import to_jsonable_python

from desk.api.managing import Reported
from desk.api.models import ReportQuery
from desk.reports.period import Period
from desk.reports.report import Filters, Reports


def reported(reports: Reports) -> Reported:
    """What makes the reports of `desk.reports`, as JSON has them: what is in the classes, under the same names."""

    async def report(query: ReportQuery) -> dict[str, Any]:
        try:
            ZoneInfo(query.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("'zone' is the IANA name of a time zone") from error
        agent = None if query.agent_id is None else str(query.agent_id)
        filters = Filters(language=query.language, channel=query.channel, agent=agent)
        made: dict[str, Any] = to_jsonable_python(
            await reports.run(Period(query.first, query.last), query.zone, filters)
        )
        return made

    return report
