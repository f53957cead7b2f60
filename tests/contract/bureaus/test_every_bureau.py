"""What every bureau must do: the same tests for each, against the real simulator over HTTP."""

from __future__ import annotations

import time

import pytest

from connectors.bureaus.ask import ask_all
from tests.contract.bureaus.conftest import EVERY, Bureau, request_for

pytestmark = pytest.mark.parametrize("provider", EVERY)
#: SCHUFA's scale has 899 steps: neighbouring normalised scores fall together.
#: The deadline of the request and half a second for everything else, as it was from the start.
DEADLINE_MS = 1_000
ENDS_S_MAX = 1.5
COARSE = {"schufa"}


@pytest.mark.parametrize("score", [0, 1, 199, 200, 201, 400, 401, 500, 999, 1000])
async def test_a_score_survives_the_bureaus_own_scale(
    bureau: Bureau, provider: str, score: int
) -> None:
    order = {"provider": provider, "family": "Jansen", "answer": {"score": score}}
    await bureau.post("/answers", order)
    (answer,) = (await ask_all(request_for(providers=(provider,)), bureau.desk)).answers
    assert (answer.provider, answer.status, answer.fraud) == (provider, "hit", False)
    assert answer.score is not None
    assert abs(answer.score - score) <= (1 if provider in COARSE else 0)
    assert answer.cost is not None


async def test_nobody_known(bureau: Bureau, provider: str) -> None:
    order = {"provider": "*", "family": "Jansen", "answer": {"hit": False}}
    await bureau.post("/answers", order)
    (answer,) = (await ask_all(request_for(providers=(provider,)), bureau.desk)).answers
    assert (answer.status, answer.score) == ("no_hit", None)


async def test_a_hit_without_a_score(bureau: Bureau, provider: str) -> None:
    order = {"provider": "*", "family": "Jansen", "answer": {"hit": True}}
    await bureau.post("/answers", order)
    (answer,) = (await ask_all(request_for(providers=(provider,)), bureau.desk)).answers
    assert (answer.status, answer.score, answer.fraud) == ("hit", None, False)


async def test_a_suspicion_is_carried(bureau: Bureau, provider: str) -> None:
    order = {"provider": "*", "family": "Jansen", "answer": {"fraud": True, "score": 900}}
    await bureau.post("/answers", order)
    (answer,) = (await ask_all(request_for(providers=(provider,)), bureau.desk)).answers
    assert (answer.status, answer.fraud) == ("hit", True)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"hang": True}, "timeout"),
        ({"latency_ms": 5000}, "timeout"),
        ({"error_rate": 1}, "error"),
        ({"garbage": True}, "error"),
    ],
)
async def test_a_fault_has_its_outcome_by_the_deadline(
    bureau: Bureau, provider: str, fault: dict[str, object], status: str
) -> None:
    await bureau.post("/faults", {"provider": provider} | fault)
    started = time.monotonic()
    request = request_for(providers=EVERY, deadline_ms=DEADLINE_MS)
    answers = (await ask_all(request, bureau.desk)).answers
    assert time.monotonic() - started < ENDS_S_MAX
    assert [answer.provider for answer in answers] == list(EVERY)
    by_provider = {answer.provider: answer.status for answer in answers}
    assert by_provider.pop(provider) == status
    assert set(by_provider.values()) <= {"hit", "no_hit"}
    await bureau.post("/faults", {})
    (answer,) = (await ask_all(request_for(providers=(provider,)), bureau.desk)).answers
    assert answer.status in {"hit", "no_hit"}


async def test_a_repeated_call_is_accepted_once(bureau: Bureau, provider: str) -> None:
    for _ in range(2):
        await ask_all(request_for(providers=(provider,)), bureau.desk)
    await ask_all(request_for(providers=(provider,), request_id="R-2"), bureau.desk)
    received = await bureau.received()
    assert [entry["provider"] for entry in received] == [provider, provider]
    assert len({entry["call_id"] for entry in received}) == 2


async def test_names_in_every_script_get_through(bureau: Bureau, provider: str) -> None:
    for family in ("O'Brien <&>", "Müller-Lüdenscheidt", "Đặng\x07", "李", '"quoted"'):
        order = {"provider": provider, "family": family, "answer": {"score": 640}}
        await bureau.post("/answers", order)
        request = request_for(family, (provider,), request_id=family)
        (answer,) = (await ask_all(request, bureau.desk)).answers
        assert answer.status in {"hit", "no_hit"}
        if "\x07" not in family:
            assert abs((answer.score or 0) - 640) <= 1
