"""Bring the database up to date: `python -m connectors.postgres.migrate`. Again changes nothing.

Alembic runs raw SQL through SQLAlchemy's asyncpg dialect, so that one driver serves everything.
An advisory lock lets several processes start this at once.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from runtime.settings import settings

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(dsn: str) -> None:
    """Run what is missing, in one transaction. Must not be called from a running event loop."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["dsn"] = dsn
    # Several heads are fine: parts of the product own migrations of their own.
    command.upgrade(config, "heads")


if __name__ == "__main__":
    migrate(settings().database_url)
