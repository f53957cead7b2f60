"""The report of a bank file as people read it in a terminal."""

from __future__ import annotations

from typing import Any

_LINES_MAX = 50
_IGNORED = {
    "success": "succeeded",
    "credit": "credits",
    "booking": "other bookings",
    "other": "other kinds of payment",
    "own_reversal": "reversals of ours",
    "pending": "pending",
    "no_status": "without a status",
}


def in_words(file: dict[str, Any], *, again: bool) -> str:
    """A few lines, then every row that somebody must look at."""
    report, counts = file.get("report") or {}, file.get("counts") or {}
    lines = [f"{file['name']}: {file.get('kind') or 'a bank file'} (id {file['file_id'][:12]})"]
    if file["state"] == "rejected":
        some = counts.get("booked", 0) + counts.get("unmatched", 0)
        what = "STOPPED, a part of it is booked." if some else "REFUSED, nothing is booked."
        return "\n".join([*lines, what, f"  {report['refused']['why']}"])
    if again:
        known = counts["booked"] + counts["already_known"] + counts["unmatched"]
        lines.append("This very file was imported before: nothing is booked again.")
        counts = counts | {"booked": 0, "already_known": known}
    lines += [
        f"  booked         {counts['booked']:>9,}",
        f"  already known  {counts['already_known']:>9,}",
        f"  rejected       {counts['rejected']:>9,}",
        f"  unmatched      {counts['unmatched']:>9,}",
        f"  ignored        {counts['ignored']:>9,}{_of(report.get('ignored', {}))}",
    ]
    for charge in report.get("charges", []):
        lines.append(f"  bank charges   {charge['minor']:>9,} minor units of {charge['currency']}")
    lines += [f"  control sum: {misfit}" for misfit in report.get("misfits", [])]
    rejected = report.get("rejected", [])
    lines += _listed("Rejected", [_rejected(row) for row in rejected], counts["rejected"])
    unmatched = [_unmatched(row) for row in file.get("unmatched", [])]
    lines += _listed("Unmatched", unmatched, len(unmatched) and counts["unmatched"])
    return "\n".join(lines)


def _of(ignored: dict[str, int]) -> str:
    parts = [f"{count:,} {_IGNORED.get(why, why)}" for why, count in ignored.items()]
    return f"  ({', '.join(parts)})" if parts else ""


def _rejected(row: dict[str, Any]) -> str:
    return f"line {row['line']} ({row['position']}): {row['why']}"


def _unmatched(row: dict[str, Any]) -> str:
    named = row["end_to_end_id"] or row["mandate_id"] or "without a reference"
    return f"line {row['line']} ({row['position']}): {named}: {row['why'].replace('_', ' ')}"


def _listed(title: str, rows: list[str], total: int) -> list[str]:
    if not rows:
        return []
    more = total - min(len(rows), _LINES_MAX)
    tail = [f"  … and {more:,} more"] if more > 0 else []
    return [f"{title}:", *(f"  {row}" for row in rows[:_LINES_MAX]), *tail]
