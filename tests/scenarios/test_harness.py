"""A harness that sees nothing proves nothing: it must notice what is missing, extra or wrong."""

from __future__ import annotations

import pytest

from dunnock.embedded.problems import Problem
from dunnock.playing.frame import Frame
from dunnock.playing.in_process import in_process
from dunnock.playing.player import Player, StoryFailed
from dunnock.playing.story import parse

OWING = """
title = "Owing"
proves = "the harness"
[[steps]]
customer = { id = "anna" }
invoice = { id = "i1" }
failed_debit = { invoice = "i1" }
"""


async def played(text: str, frame: Frame | None = None) -> Player:
    """The story, told to a fresh world."""
    story = parse("story", text)
    async with in_process(story.head.starts) as world:
        player = Player(story, world, frame or Frame(story.head.zone))
        await player.play()
        return player


async def failure(text: str) -> str:
    """Why the story is not true."""
    with pytest.raises(StoryFailed) as failed:
        await played(text)
    return str(failed.value)


async def test_a_true_story_passes() -> None:
    """Else the tests below would pass for any reason."""
    await played(OWING + 'expect = [{ sms = "reminder", step = 1 }]')


async def test_a_missing_message_is_noticed() -> None:
    """The failure names what never came."""
    said = await failure(OWING + 'expect = [{ sms = "reminder" }, { sms = "thank_you" }]')
    assert "missing: messages.sms message.requested.v1 kind='thank_you'" in said


async def test_an_extra_message_is_noticed_where_nothing_is_expected() -> None:
    """The failure shows it, and what had happened until then."""
    said = await failure(OWING + "expect_none = true")
    assert "nothing was expected, but out came: sms reminder" in said
    assert "→ direct-debit.failed of anna" in said


async def test_an_extra_message_is_noticed_beside_an_expected_one() -> None:
    """An expectation is the whole list, not a part of it."""
    other = 'customer = { id = "ben" }\ninvoice = { id = "i2", customer = "ben" }'
    two = f'{OWING}[[steps]]\n{other}\nfailed_debit = {{ invoice = "i2" }}\n'
    said = await failure(two + 'expect = [{ sms = "reminder", customer = "anna" }]')
    assert "not expected: sms reminder" in said


async def test_a_message_that_nobody_looked_at_fails_the_end() -> None:
    """A story that forgets to look is not true by that."""
    assert "the end" in await failure(OWING)


async def test_an_extra_case_is_noticed_where_cases_are_named() -> None:
    """A topic that an entry names is complete, too."""
    said = await failure(OWING + 'expect = [{ sms = "reminder" }, { case = "opened" }]')
    assert "not expected: cases previous opened, state reminded_1" in said


@pytest.mark.parametrize(
    ("entry", "difference"),
    [
        ("step = 2", "step is 1, expected 2"),
        ('says = ["Beste Karel"]', "the text does not say 'Beste Karel'"),
        ('says_not = ["49,99"]', "the text says '49,99'"),
        ('amount_due = "49.98 EUR"', "amount_due is 49.99 EUR, expected 49.98 EUR"),
        ('at = "2026-06-01 11:01"', "at is 2026-06-01 11:00, expected 2026-06-01 11:01"),
        ('customer = "ben"', "customer is anna, expected ben"),
        ('lacks = ["payment_link"]', "payment_link is 'http"),
        ('has = ["subject"]', "subject is missing"),
        ('invoice_ids = ["i1", "i2"]', "invoice_ids is ['i1'], expected ['i1', 'i2']"),
    ],
)
async def test_a_wrong_message_is_told_by_the_field_that_differs(
    entry: str, difference: str
) -> None:
    """Beside the one that came instead."""
    said = await failure(f'{OWING}expect = [{{ sms = "reminder", {entry} }}]')
    assert "instead came: sms reminder" in said
    assert difference in said


@pytest.mark.parametrize(
    ("row", "difference"),
    [
        ('balance = ["1.00 EUR"]', "balance is [{'minor': 4999"),
        ("balance = []", "balance is [{'minor': 4999"),
        ('open.0.state = "paid"', "open.0.state is 'reminded', expected 'paid'"),
        ('open = [{ state = "paid" }]', "open is [{'invoice_id': 'i1'"),
        ('next_step.at = "2026-06-08 11:01"', "next_step.at is '2026-06-08T09:00:00"),
        ('lacks = ["next_step"]', "next_step is {"),
        ('customer = "nobody"', "there is no such customer"),
    ],
)
async def test_a_wrong_row_is_noticed(row: str, difference: str) -> None:
    """By the path of what differs."""
    text = f'{OWING}expect = [{{ sms = "reminder" }}]\nexpect_row = {{ {row} }}'
    assert difference in await failure(text)


async def test_what_the_gateway_took_is_counted() -> None:
    """A message asked for is not a message sent."""
    said = await failure(OWING + 'expect = [{ sms = "reminder" }]\nexpect_sent = { sms = 2 }')
    assert "the gateway for sms took 1 messages, expected 2" in said


async def test_messages_in_another_order_of_time_are_noticed() -> None:
    """The list is a story, too: first the one, then the other."""
    steps = '{ sms = "reminder", step = 2 }, { sms = "reminder", step = 1 }'
    said = await failure(f'{OWING}advance = "P7D"\nexpect = [{steps}]')
    assert "it came too early" in said


async def test_an_event_can_name_what_the_row_says() -> None:
    """Ids that the product made up, such as that of a fee."""
    text = f'{OWING}expect = [{{ sms = "reminder" }}]\n[[steps]]\n'
    credit = 'credit = { invoice = "i1", amount = { row = "open.0.open" } }'
    await played(f"{text}{credit}\nexpect_row = {{ balance = [] }}")
    with pytest.raises(Problem, match="the row has no open.7"):
        await played(text + 'credit = { invoice = "i1", amount = { row = "open.7" } }')


async def test_a_dead_letter_is_never_overlooked() -> None:
    """Refused input fails a story that does not expect it."""
    garbage = '{ topic = "payments", type = "payment.received.v1", value = "garbage" }'
    text = f"{OWING}publish = {garbage}"
    said = await failure(text + '\nexpect = [{ sms = "reminder" }]')
    assert "not expected: dead letter bad_json" in said
    expected = '{ sms = "reminder" }, { dead_letter = "bad_json" }'
    await played(f"{text}\nexpect = [{expected}]")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title =", "is no TOML"),
        ('title = "x"\nproves = "y"', "has no [[steps]]"),
        ('title = "x"\n[[steps]]\nsay = "z"', "proves: Field required"),
        ('title = "x"\nproves = "y"\nzone = "Moon"\n[[steps]]\n', "zone: "),
        (OWING + "expekt = []", "nothing is called expekt"),
        (OWING + "expect = 7", "7 is not a list of tables"),
        (OWING + 'gateway = "away"', "'away' is not a table"),
        (OWING + "advance = 7", "7 is not a text"),
    ],
)
def test_a_file_that_is_no_scenario_is_a_clear_problem(text: str, problem: str) -> None:
    """Never a stack trace."""
    with pytest.raises(Problem, match="story") as found:
        parse("story", text)
    assert problem in str(found.value)


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        ('advance = "a while"', "not an ISO 8601 duration"),
        ('to = "2026-05-31 11:00"', "time never goes back"),
        ('interaction = { channel = "sms" }', "need a type"),
        (
            'interaction = { type = "message.failed.v1", message_id = "last", channel = "email" }',
            "no message",
        ),
        ('expect = [{ smoke = "signal" }]', "An expectation names an output"),
        ("customer = 7", "customer is a table"),
        ('payment = { fro = "i1" }', "payment.received.v1 has no fro: it has"),
        ('action = { type = "hold.dreamt.v1" }', "interactions has no events 'hold.dreamt.v1'"),
        ('rules = { id = "weather" }', "No rule set is called 'weather'"),
        ('rules = { id = "reminders", rows = [] }', "is not sound"),
        ('gateway = { pigeon = "away" }', "pigeon"),
    ],
)
async def test_a_step_that_makes_no_sense_is_a_clear_problem(act: str, problem: str) -> None:
    """It names the step."""
    with pytest.raises(Problem, match=problem):
        await played(f'{OWING}expect = [{{ sms = "reminder" }}]\n[[steps]]\n{act}')


async def test_a_story_reads_the_same_under_other_ids_and_months_later() -> None:
    """As on a stack that has been used: suffixed ids, moved by weeks into winter time."""
    frame = Frame("Europe/Amsterdam", suffix="-7f3a2c", weeks=26)
    text = OWING + 'expect = [{ sms = "reminder", invoice_ids = ["i1"], at = "2026-06-01 11:00" }]'
    text += '\nexpect_row = { next_step.at = "2026-06-08 11:00", open.0.due_on = "2026-05-29" }'
    story = parse("story", text)
    async with in_process(frame.to_real(story.head.starts)) as world:
        await Player(story, world, frame).play()
        assert world.now.isoformat() == "2026-11-30T10:00:00+00:00"
        assert await world.row("anna") is None
        assert await world.row("anna-7f3a2c") is not None


async def test_rules_of_a_story_are_live_from_then_on() -> None:
    """Laid over the starting document under a higher version."""
    rules = 'rules = { id = "reminders", tones = { 1 = "stern" } }\n'
    head, _, body = OWING.partition("[[steps]]\n")
    await played(f'{head}[[steps]]\n{rules}{body}expect = [{{ sms = "reminder", tone = "stern" }}]')


async def test_a_bank_file_needs_a_stack_and_says_so() -> None:
    """And a file without returns is none."""
    text = f'{OWING}expect = [{{ sms = "reminder" }}]\n[[steps]]\n'
    with pytest.raises(Problem, match="play it on a stack"):
        await played(text + 'bank_file = { returns = [{ invoice = "i1" }] }')
    with pytest.raises(Problem, match="bank_file needs returns"):
        await played(text + "bank_file = { returns = [] }")
