"""Bank files over the API and on the pages: handed in, shown, and matched by hand."""

from __future__ import annotations

import uuid
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientSession, FormData

from connectors.bank.booking import Numbered, book
from connectors.bank.identity import likeness_of
from connectors.bank.items import ReturnedDebit
from connectors.postgres.bank_files import Arrival, BankFiles
from connectors.postgres.pool import Pool
from domain.money import PositiveMoney
from tests.contract.api.browser_like import csrf_of, get, log_in, post
from tests.contract.api.rig import NOW, Rig, rigged
from tests.contract.bank.build import Back, Entry, Report

URL = "/api/v1/bank-files"


def some_file() -> bytes:
    return Report([Entry([Back(uuid.uuid4().hex)])]).xml()


async def unmatched(pool: Pool, **facts: Any) -> tuple[str, str]:
    """A booked file with one unmatched return; gives both ids."""
    file_id = uuid.uuid4().hex
    files = BankFiles(pool)
    await files.begin(Arrival(file_id, "some.xml", "folder", 10), NOW)
    item = ReturnedDebit(
        line=7, position="message 1, entry 1, item 1", message="camt.054.001.08", stage="return",
        end_to_end_id=uuid.uuid4().hex, reason_code="AM04", at=NOW,
        amount=PositiveMoney(minor=4999, currency="EUR"),
    ).model_copy(update=facts)  # fmt: skip
    await book(pool, file_id, [Numbered(item, likeness_of(item, file_id), 0)], NOW)
    counts = {"booked": 0, "already_known": 0, "unmatched": 1, "rejected": 1, "ignored": 2}
    rejected = [{"line": 9, "position": "x", "code": "amount", "why": "'1,5' is not an amount."}]
    report = {
        "counts": counts, "messages": ["camt.054.001.08"], "rejected": rejected, "misfits": [],
        "ignored": {"success": 2}, "charges": [{"minor": 350, "currency": "EUR"}],
    }  # fmt: skip
    await files.finish(file_id, report, NOW)
    return_id = await pool.fetchval(
        "SELECT return_id FROM bank_returns WHERE file_id = $1", file_id
    )
    return file_id, return_id


async def invoice(pool: Pool, minor: int = 4999, currency: str = "EUR") -> str:
    invoice_id = f"inv-{uuid.uuid4().hex}"
    await pool.execute(
        """INSERT INTO invoice_index (invoice_id, customer_id, minor, currency)
           VALUES ($1, 'c-1', $2, $3)""",
        invoice_id,
        minor,
        currency,
    )
    return invoice_id


@pytest.mark.parametrize("as_form", [False, True])
async def test_a_file_is_handed_in_as_it_is_or_as_a_form(
    rig: Rig, client: ClientSession, as_form: bool
) -> None:
    content: Any = some_file()
    if as_form:
        form = FormData()
        form.add_field("file", content, filename="a.xml")
        content = form
    where = {} if as_form else {"name": "a.xml"}
    async with client.post(URL, data=content, params=where, headers=rig.bearer) as answer:
        assert answer.status == 202
        file = await answer.json()
        assert answer.headers["Location"] == f"{URL}/{file['file_id']}"
    assert (file["name"], file["state"], file["again"]) == ("a.xml", "received", False)
    async with client.get(answer.headers["Location"], headers=rig.bearer) as found:
        assert (await found.json())["unmatched"] == []
    await BankFiles(rig.pool).finish(file["file_id"], {"counts": {}, "messages": []}, NOW)
    async with client.get(URL, params={"limit": "1000"}, headers=rig.bearer) as listed:
        assert file["file_id"] in {one["file_id"] for one in (await listed.json())["files"]}


async def test_a_booked_file_again_is_told_so(rig: Rig, client: ClientSession) -> None:
    content = some_file()
    async with client.post(URL, data=content, headers=rig.bearer) as answer:
        file = await answer.json()
    await BankFiles(rig.pool).finish(file["file_id"], {"counts": {}, "messages": []}, NOW)
    async with client.post(URL, data=content, headers=rig.bearer) as answer:
        assert answer.status == 200
        assert (await answer.json())["again"] is True
    kept = "SELECT count(*) FROM bank_file_parts WHERE file_id = $1"
    assert await rig.pool.fetchval(kept, file["file_id"]) == 0


async def test_what_is_too_large_empty_or_no_form_is_refused(
    rig: Rig, client: ClientSession
) -> None:
    object.__setattr__(rig.settings, "bank_file_mib", 1)
    async with client.post(URL, data=b"x" * (1024 * 1024 + 1), headers=rig.bearer) as answer:
        assert answer.status == 413
    async with client.post(URL, data=b"", headers=rig.bearer) as answer:
        assert answer.status == 400
    broken = {**rig.bearer, "Content-Type": "multipart/form-data"}
    async with client.post(URL, data=b"x", headers=broken) as answer:
        assert answer.status == 400
    async with client.post(URL, data=b"x") as answer:
        assert answer.status == 401
    for query in ("limit=0", "limit=x", "limit=1001", "limit=000000001000000"):
        async with client.get(f"{URL}?{query}", headers=rig.bearer) as answer:
            assert answer.status == 400
    async with client.get(f"{URL}/nobody", headers=rig.bearer) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("form-data", "Content-Transfer-Encoding: x-none"),
        ("mixed", "Content-Encoding: gzip"),
        ("mixed", "Content-Encoding: br"),
    ],
)
async def test_a_part_in_an_encoding_that_is_not_taken_is_refused(
    rig: Rig, client: ClientSession, kind: str, encoding: str
) -> None:
    head = f'--b\r\nContent-Disposition: {kind}; name="file"; filename="a.xml"\r\n{encoding}'
    content = f"{head}\r\n\r\nno base64\r\n--b--\r\n".encode()
    headers = {**rig.bearer, "Content-Type": f"multipart/{kind}; boundary=b"}
    async with client.post(URL, data=content, headers=headers) as answer:
        assert (answer.status, (await answer.json())["type"]) == (400, "/problems/bad-form")


async def test_answers_are_as_openapi_says(rig: Rig, client: ClientSession) -> None:
    file_id, _ = await unmatched(rig.pool)
    async with client.get("/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    for path, row_id in ((URL, ""), (URL + "/{id}", file_id)):
        async with client.get(path.replace("{id}", row_id), headers=rig.bearer) as answer:
            schema = paths[path]["get"]["responses"]["200"]["content"]["application/json"]
            jsonschema.validate(await answer.json(), schema["schema"])


async def test_the_pages_show_files_and_what_waits(rig: Rig, client: ClientSession) -> None:
    file_id, return_id = await unmatched(rig.pool, debtor_name="Özlem <b>Kaya</b>")
    await log_in(client)
    for language in ("en", "nl", "de"):
        header = {"Accept-Language": language}
        for path, words in (
            ("/bank-files", file_id[:12]),
            ("/bank-files/new", "multipart/form-data"),
            (f"/bank-files/{file_id}", "is not an amount."),
            ("/bank-files/unmatched?state=unmatched", return_id),
            (f"/bank-files/unmatched/{return_id}", "Özlem &lt;b&gt;Kaya"),
        ):
            status, page = await get(client, path, headers=header)
            assert status == 200, path
            assert words in page, path
    async with client.get("/bank-files/unmatched.csv") as answer:
        assert "Özlem" in await answer.text()


async def test_a_file_is_handed_in_with_the_form(rig: Rig, client: ClientSession) -> None:
    await log_in(client)
    _, page = await get(client, "/bank-files/new")
    form = FormData()
    form.add_field("csrf", csrf_of(page))
    form.add_field("file", some_file(), filename="a.xml")
    async with client.post("/bank-files/new", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
        status, page = await get(client, answer.headers["Location"])
    assert (status, "a.xml" in page) == (200, True)
    forged = FormData()
    forged.add_field("file", some_file(), filename="a.xml")
    async with client.post("/bank-files/new", data=forged) as answer:
        assert answer.status == 403
    nothing = FormData({"csrf": csrf_of((await get(client, "/bank-files/new"))[1])})
    nothing.add_field("file", b"", filename="a.xml")
    async with client.post("/bank-files/new", data=nothing) as answer:
        assert answer.status == 422


async def test_a_person_matches_a_return(rig: Rig, client: ClientSession) -> None:
    """What is above the invoice are charges; the outbox has the event, the page who decided."""
    chosen = await invoice(rig.pool, minor=4500)
    _, return_id = await unmatched(rig.pool)
    path = f"/bank-files/unmatched/{return_id}"
    await log_in(client)
    _, page = await get(client, path)
    fields = [("csrf", csrf_of(page)), ("decision", "book"), ("invoice_id", f" {chosen} ")]
    status, _, location = await post(client, path, fields)
    assert (status, location) == (303, path)
    row = await rig.pool.fetchrow("SELECT * FROM bank_returns WHERE return_id = $1", return_id)
    assert (row["state"], row["matched_by"], row["decided_by"]) == ("booked", "person", "admin")
    assert row["event"]["invoice_id"] == chosen
    assert row["event"]["amount"] == {"minor": 4500, "currency": "EUR"}
    assert row["published_at"] is None
    status, page, _ = await post(client, path, fields)
    assert status == 409
    assert chosen in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"decision": "book"}, "Choose an invoice"),
        ({"decision": "book", "invoice_id": "nobody"}, "do not know this invoice"),
        ({"decision": "book", "invoice_id": "x" * 300}, "Choose an invoice"),
        ({"decision": "dismiss", "note": " "}, "Say why"),
    ],
)
async def test_what_cannot_be_decided_says_why(
    rig: Rig, client: ClientSession, fields: dict[str, str], words: str
) -> None:
    _, return_id = await unmatched(rig.pool)
    path = f"/bank-files/unmatched/{return_id}"
    await log_in(client)
    _, page = await get(client, path)
    status, page, _ = await post(client, path, [("csrf", csrf_of(page)), *fields.items()])
    assert status == 422
    assert words in page


async def test_another_currency_is_refused(rig: Rig, client: ClientSession) -> None:
    chosen = await invoice(rig.pool, currency="CHF")
    _, return_id = await unmatched(rig.pool)
    path = f"/bank-files/unmatched/{return_id}"
    await log_in(client)
    _, page = await get(client, path)
    status, page, _ = await post(client, path, [("csrf", csrf_of(page)), ("candidate", chosen)])
    assert (status, "another currency" in page) == (422, True)


async def test_none_of_ours_is_put_aside_with_a_reason(rig: Rig, client: ClientSession) -> None:
    _, return_id = await unmatched(rig.pool)
    path = f"/bank-files/unmatched/{return_id}"
    await log_in(client)
    _, page = await get(client, path)
    fields = [("csrf", csrf_of(page)), ("decision", "dismiss"), ("note", "our old shop")]
    assert (await post(client, path, fields))[0] == 303
    _, page = await get(client, path)
    assert "our old shop" in page
    assert 'name="decision"' not in page


async def test_roles(pool: Pool, client: ClientSession) -> None:
    async with rigged(pool, roles=("operator", "agent")) as rig:
        for role, expected in (("operator", 200), ("agent", 403)):
            url = rig.server.make_url("/")
            async with ClientSession(base_url=url, cookie_jar=client.cookie_jar) as other:
                other.cookie_jar.clear()
                await log_in(other, role)
                assert (await get(other, "/bank-files"))[0] == expected
