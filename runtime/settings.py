"""All settings, from `DUNNOCK_*` environment variables (DATABASE_URL and REDIS_URL as they are)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Login(BaseModel):
    """A member of staff who exists from the start; `role` as in api/security/roles.py."""

    user: str
    password: str
    role: str


class Settings(BaseSettings):
    """One object for every process; a wrong value ends the process with the field's name."""

    model_config = SettingsConfigDict(env_prefix="DUNNOCK_", extra="ignore", populate_by_name=True)

    kafka: str = "127.0.0.1:9092"
    database_url: str = Field("postgresql://127.0.0.1/dunnock", validation_alias="DATABASE_URL")
    redis_url: str = Field("redis://127.0.0.1:6379/0", validation_alias="REDIS_URL")

    #: Put before every name on the broker (topics, changelogs, groups, transactional ids), so that
    #: several installations can share a cluster.
    topic_prefix: str = ""
    #: The same for every topic.
    partitions: int = Field(4, ge=1, le=1000)
    replication_factor: int = Field(1, ge=1, le=9)
    app_name: str = Field("dunnock", validation_alias="DUNNOCK_APP_ID")
    data_dir: Path = Path(".dunnock/data")
    #: How many other workers keep a copy of each partition's rows. Capped at workers - 1.
    standby_replicas: int = Field(1, ge=0, le=3)
    #: Memory that all tables of a worker share, in MiB: blocks that were read, and rows not yet in
    #: files. A worker takes some 150 MiB besides.
    table_cache_mib: int = Field(192, ge=8, le=65_536)
    table_write_buffers_mib: int = Field(64, ge=8, le=65_536)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    clock: Literal["real", "simulated"] = "real"

    #: This process: its name, where its own web listens, and under which URL others reach it.
    process_name: str = "dunnock"
    listen_host: str = "127.0.0.1"
    listen_port: int = 0
    own_url: str = ""

    #: What customers and staff see.
    public_url: str = "http://127.0.0.1:8080"
    api_key: str = "development-only"
    #: Signs payment links and sessions; at least 32 characters in production.
    secret: str = "development-only-secret-change-me-now"  # noqa: S105 - says what it is
    #: A JSON list. Staff that the web process creates at its start, or sets back to this.
    logins: tuple[Login, ...] = ()
    #: Signs the PSP's webhooks (Standard Webhooks, base64 behind `whsec_`).
    psp_webhook_secret: str = "whsec_ZGV2ZWxvcG1lbnQtb25seS13ZWJob29rLXNlY3JldA=="  # noqa: S105
    link_days: int = Field(30, ge=1, le=365)

    sms_url: str = "http://127.0.0.1:8101"
    push_url: str = "http://127.0.0.1:8102"
    smtp: str = "127.0.0.1:8125"
    #: The print-and-mail service, and what signs its webhooks (Standard Webhooks).
    letter_url: str = "http://127.0.0.1:8106"
    letter_webhook_secret: str = "whsec_ZGV2ZWxvcG1lbnQtb25seS1sZXR0ZXItc2VjcmV0IQ=="  # noqa: S105
    #: Where it tells what became of a letter; empty: at the public address.
    letter_webhook_url: str = ""
    bureaus_url: str = "http://127.0.0.1:8104"
    psp_url: str = "http://127.0.0.1:8105"
    mail_from: str = "service@dunnock.example"

    #: One call to a gateway, and the real time after which a message is given up.
    gateway_timeout_s: float = Field(5.0, gt=0, le=60)
    gateway_give_up_s: float = Field(600.0, gt=0, le=86_400)
    #: A worker stops when it sets aside more records than this in a row, or a larger share than
    #: this of its last 10,000: something is misconfigured. Raise them to let such records pass.
    dead_letters_in_a_row: int = Field(1_000, ge=1)
    dead_letters_share: float = Field(0.5, gt=0, le=1)

    bureau_deadline_s: float = Field(5.0, gt=0, le=60)

    #: Bank files put here are imported and moved to done/ or rejected/ beside it. None: no folder.
    bank_folder: Path | None = None
    #: The largest bank file, as it comes and unpacked.
    bank_file_mib: int = Field(256, ge=1, le=4_096)
    bank_unpacked_mib: int = Field(1_024, ge=1, le=65_536)
    #: A file whose control sums are wrong: refused whole, or booked with a word in its report.
    bank_control_sums: Literal["refuse", "report"] = "refuse"
    #: Who collects by direct debit: stands in every pain.008 file, so it must be sound there.
    creditor_name: str = ""
    creditor_iban: str = ""
    creditor_bic: str = ""
    #: The SEPA creditor identifier.
    creditor_id: str = ""
    #: A file is made so long after its collections' cut-off: longer than any worker lags.
    debit_grace_minutes: int = Field(15, ge=0, le=600)

    #: Traffic of the town: events per second, how many (0: without end), and a seed that makes it
    #: repeatable (0: another each time). The same seed twice on one log is the same ids twice.
    town_rate: float = Field(20.0, gt=0, le=10_000)
    town_count: int = Field(0, ge=0)
    town_seed: int = Field(0, ge=0)
    town_people: int = Field(2_000, ge=1, le=10_000_000)
    town_spikes: bool = True

    @property
    def app_id(self) -> str:
        """What changelogs, groups and transactional ids are named after: the prefix comes first."""
        return self.topic_prefix + self.app_name


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
