"""A rule set from a file: submitted for a second person's approval, or forced and recorded."""

from __future__ import annotations

import getpass
import json
from typing import Any

import asyncpg

from api.problems import Problem as ApiProblem
from api.rule_sets.counting import in_thread
from api.rule_sets.desk import Actor, Desk
from api.rule_sets.present import shipped_version
from api.rule_sets.refusals import words_of
from api.texts import Translator
from connectors.postgres.pool import LOST, Pool, connected
from connectors.postgres.rule_set_life import Life, Shortcut
from connectors.postgres.rule_set_outbox import Outbox
from connectors.postgres.rule_sets import Refused, StoredVersion
from connectors.simulated_clock import STARTS_AT
from domain.drafts import Body, check, read
from dunnock.embedded.problems import Problem
from dunnock.policies import Wish
from dunnock.rule_set_publisher import to_the_log
from runtime.clock import utc_now
from runtime.settings import Settings


async def hand_on(chosen: Settings, document: dict[str, Any], wish: Wish) -> str:
    """Submit the document, or put it live by force; gives what to tell. Raises Problem."""
    rule_set, note = document["id"], str(document.get("note", ""))
    body = read(json.dumps(document, default=str))
    if wish.force and not wish.because.strip():
        raise Problem("--force needs --because: the reason is kept in the history.")
    try:
        async with connected(chosen.database_url, name="dunnock policy") as pool:
            actor = await _actor(pool, chosen)
            if wish.force:
                version = document.get("version")
                least = version if type(version) is int else 0
                return await _force(chosen, pool, rule_set, body, note, actor, wish, least)
            return await _submit(chosen, pool, rule_set, body, note, actor, wish)
    except Refused as refused:
        raise Problem(words_of(refused, Translator("en"))) from refused
    except ApiProblem as problem:
        raise Problem(problem.detail) from problem
    except asyncpg.UndefinedTableError as error:
        raise Problem("The database is not prepared: run `dunnock prepare`.") from error
    except LOST as error:
        raise Problem(f"The database does not answer: {error}") from error


async def _actor(pool: Pool, chosen: Settings) -> Actor:
    now = utc_now()
    if chosen.clock == "simulated":
        now = await pool.fetchval("SELECT now FROM simulated_clock") or STARTS_AT
    return Actor(f"command line ({getpass.getuser()})", now)


async def _submit(
    chosen: Settings, pool: Pool, rule_set: str, body: Body, note: str, actor: Actor, wish: Wish
) -> str:
    desk = Desk(pool, in_thread)
    begun = await desk.begin(rule_set, body, note, actor)
    try:
        checked = await desk.check(rule_set, begun.version_id, actor)
        _must_be_sound(checked, wish)
        report = checked.report or {}
        done = await desk.submit(
            rule_set,
            begun.version_id,
            actor,
            acknowledged=wish.sure,
            confirmed=report.get("confirm") if wish.sure else None,
        )
    except (Problem, Refused):
        await desk.discard(rule_set, begun.version_id, actor)
        raise
    return (
        f"{rule_set} version {done.version} is submitted. It is not in force: a second person with"
        f" the role policy or admin must approve it at"
        f" {chosen.public_url}/rules/{rule_set}/drafts/{done.version_id}, and put it live there."
    )


def _must_be_sound(checked: StoredVersion, wish: Wish) -> None:
    report = checked.report or {}
    told = [f"{one['place'] or 'the document'}: {one['message']}" for one in report["faults"]]
    told += [
        f"{one['code'].replace('_', ' ')}: {one['count']} of {one['of']}. {one['detail']}".strip()
        for one in report["refusals"]
    ]
    if told:
        raise Problem("This rule set is refused:\n  " + "\n  ".join(told))
    asked = list(report["findings"])
    if report["confirm"] is not None:
        asked.append(f"{report['confirm']} customers would be treated differently")
    if asked and not wish.sure:
        raise Problem("Say --sure if this is meant:\n  " + "\n  ".join(asked))


async def _force(
    chosen: Settings,
    pool: Pool,
    rule_set: str,
    body: Body,
    note: str,
    actor: Actor,
    wish: Wish,
    least: int,
) -> str:
    faults = check(rule_set, body).faults
    if faults:
        told = "\n  ".join(f"{one.place or 'the document'}: {one.message}" for one in faults)
        raise Problem(f"This is not a sound rule set:\n  {told}")
    text = json.dumps(body, ensure_ascii=False)
    done = await Life(pool).publish_at_once(
        Shortcut(rule_set, text, note, version_min=least),
        shipped_version(rule_set),
        actor.name,
        actor.at,
        wish.because.strip(),
    )
    await Outbox(pool).drain(to_the_log(chosen))
    return (
        f"{rule_set} version {done.version} is in force WITHOUT a second person's approval."
        f" The history keeps that {actor.name} forced it, and why. Workers use it within a second."
    )
