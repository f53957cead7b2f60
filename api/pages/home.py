"""The start page: live figures and charts, each number a way to the rows behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from api.pages.charts import Drawing, Series, draw
from api.pages.rendering import language_of, render
from api.security.access import staff
from api.services import Services, services
from api.texts import Translator
from connectors.log_client import LogUnavailable
from streams.topics import IN_TOPICS
from tables import views
from tables.partition_status import missing_partitions

_INPUTS = tuple(spec.name for spec in IN_TOPICS)
routes = web.RouteTableDef()


@routes.get("/")
@staff("start")
async def start(request: web.Request) -> web.Response:
    return render(request, "home.html", **await _figures(request))


@routes.get("/live")
@staff("start")
async def live(request: web.Request) -> web.Response:
    """Only what changes, for htmx."""
    return render(request, "home_live.html", **await _figures(request))


async def _figures(request: web.Request) -> dict[str, Any]:
    wanted = services(request)
    words = Translator(language_of(request))
    statuses = await wanted.statuses.read()
    missing = missing_partitions(statuses, wanted.statuses.partitions)
    events, lag = await _progress(wanted, {n: one.applied for n, one in statuses.items()})
    now = await wanted.now()
    return {
        "figures": {"events": events, **await views.totals(wanted.pool)},
        "lag": lag,
        "oldest_s": round(
            max((one.oldest_unprocessed_s for one in statuses.values()), default=0.0), 1
        ),
        "missing": missing,
        "charts": await _charts(wanted, words, now),
        "now": now,
        "as_of": await views.projected_until(wanted.pool),
    }


async def _progress(wanted: Services, applied: dict[int, Any]) -> tuple[int | None, int | None]:
    """Events that came in, and how many of them are still to be applied; None: nobody knows."""
    try:
        ends = await wanted.log.end_offsets(_INPUTS, wanted.statuses.partitions)
    except LogUnavailable:
        return None, None
    events = sum(end for topics in ends.values() for end in topics.values())
    done = sum(
        min(end, applied.get(number, {}).get(topic, 0))
        for number, topics in ends.items()
        for topic, end in topics.items()
    )
    return events, events - done


async def _charts(wanted: Services, words: Translator, now: datetime) -> list[Drawing]:
    activity = await views.activity(wanted.pool, now)
    labels = [moment.strftime("%H:%M") for moment in activity.moments]
    return [
        draw(
            words("chart.messages"),
            labels,
            [
                Series(words("home.reminders"), activity.reminders),
                Series(words("home.thank_yous"), activity.thank_yous),
            ],
        ),
        draw(
            words("chart.decisions"),
            labels,
            [
                Series(words.word(outcome), activity.decisions[outcome])
                for outcome in ("accept", "refer", "reject", "rework")
            ],
        ),
    ]
