"""The policies that hold before anybody configures one, as files of this package."""

from __future__ import annotations

from importlib import resources


def starting_document(policy_id: str) -> bytes:
    """The file `<policy_id>.json`. Read at start-up only: rules themselves do no I/O."""
    return resources.files(__package__).joinpath(f"{policy_id}.json").read_bytes()
