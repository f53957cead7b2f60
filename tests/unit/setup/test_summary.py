"""What `dunnock up` shows while it runs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from aiohttp import web

from dunnock.figures import Figures, Gatherer
from dunnock.summary import Terminal


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_line_names_every_figure_in_order() -> None:
    line = Figures(1200, 3, 4, 5, 6, 7, 0.25).line()
    assert line == (
        "events in 1,200   decisions 3   reminders 4   thank-yous 5   not sent 6   lag 7"
        "   oldest unprocessed 0.2 s"
    )


def test_what_could_not_be_asked_is_a_question_mark() -> None:
    assert Figures(events=1).line().count("?") == 6


def test_on_a_terminal_the_status_stays_the_last_line() -> None:
    screen = Screen()
    terminal = Terminal(screen)
    terminal.status("lag 1")
    terminal.say("web ended")
    terminal.status("lag 0")
    clear = "\r\x1b[K"
    assert screen.getvalue() == f"{clear}lag 1{clear}web ended\nlag 1{clear}lag 0"


def test_in_a_log_everything_is_a_plain_line() -> None:
    log = io.StringIO()
    terminal = Terminal(log)
    terminal.status("lag 1")
    terminal.say("web ended")
    assert log.getvalue() == "lag 1\nweb ended\n"
    assert terminal.refresh_s > Terminal(Screen()).refresh_s


def test_a_reader_that_is_gone_stops_nothing() -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    Terminal(Gone()).say("web ended")


@pytest.mark.parametrize(
    ("partitions", "expected"), [(2, (3, 1.5)), (4, (None, None))], ids=["all", "some"]
)
async def test_lag_is_told_only_when_every_partition_has_an_owner(
    monkeypatch: pytest.MonkeyPatch, partitions: int, expected: tuple[Any, Any]
) -> None:
    lanes = {
        "0": {"applied": {"payments": 4, "ticks": 900}, "oldest_unprocessed_s": 1.5},
        "1": {"applied": {"payments": 3}, "oldest_unprocessed_s": None},
    }

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ready": True, "partitions": lanes})

    app = web.Application()
    app.add_routes([web.get("/internal/status", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        gatherer = Gatherer(
            [f"http://127.0.0.1:{port}", "http://127.0.0.1:1"],
            kafka="127.0.0.1:1",
            dsn="postgresql://127.0.0.1:1/none",
            partitions=partitions,
        )
        monkeypatch.setattr(gatherer, "_end", lambda: 10)
        found = await gatherer.gather()
    finally:
        await runner.cleanup()
    assert found.events == 10
    assert (found.lag, found.oldest_unprocessed_s) == expected
    assert found.decisions is None
