"""The acceptance policy: a document (stored, published on `policies`, edited) and its running form.

The columns that a table may use are the facts of `domain.acceptance.facts`, with their kinds.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.acceptance.facts import KINDS
from domain.events.base import Id
from domain.events.outputs import Light, Outcome, PolicyRef
from domain.policy.reasons import CATALOGUE
from domain.policy.starting import starting_document
from domain.policy.table import Compiled, Table, compile_table

POLICY_ID = "acceptance"
_Path = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Then(_Part):
    """What a row decides. A `reject` needs reasons; the way to a human review joins by itself."""

    outcome: Outcome
    light: Light
    reasons: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)]
    degraded: bool = False
    #: Tell also what the bureaus reported, most telling provider first.
    findings: bool = False

    @model_validator(mode="after")
    def _reasons_have_texts(self) -> Then:
        unknown = [code for code in self.reasons if code not in CATALOGUE]
        if unknown:
            raise ValueError(f"reasons without a text: {unknown}")
        return self


class Required(_Part):
    """A field of the application that must hold something, written as a path.

    `any_of`: one of these paths is enough. `parts`: each of these must be there below `field`.
    """

    field: _Path
    why: Id
    any_of: tuple[_Path, ...] = ()
    parts: tuple[str, ...] = ()
    #: Product kinds it is required for; absent: for all.
    kinds: tuple[Literal["sim_only", "device", "energy", "bnpl"], ...] | None = None
    #: Sales channels it is required in; absent: in all.
    channels: tuple[str, ...] | None = None


class PolicyDocument(_Part):
    """What is published: everything a decision depends on besides its facts."""

    id: Literal["acceptance"]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    required: Annotated[tuple[Required, ...], Field(max_length=200)]
    providers: Annotated[tuple[Id, ...], Field(max_length=20)]
    required_providers: tuple[Id, ...]
    deadline_ms: Annotated[int, Field(ge=50, le=60_000)]
    #: Where a person asks for a human review: an address or a page, shown as it stands.
    review_contact: Annotated[str, StringConstraints(min_length=3, max_length=200)]
    table: Table[Then]

    @model_validator(mode="after")
    def _is_consistent(self) -> PolicyDocument:
        if not set(self.required_providers) <= set(self.providers):
            raise ValueError("a required provider must be among the providers")
        if len(set(self.providers)) < len(self.providers):
            raise ValueError("providers must be unique")
        for column in self.table.columns:
            if KINDS.get(column.name) != column.kind:
                raise ValueError(f"no fact {column.name!r} of kind {column.kind}")
        return self


class AcceptancePolicy:
    """A document that runs. Immutable; compile once per version, not per application."""

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document
        self.ref = PolicyRef(id=document.id, version=document.version)
        self.table: Compiled[Then] = compile_table(document.table)

    @classmethod
    def parse(cls, raw: bytes | str) -> AcceptancePolicy:
        """Raises ValueError (pydantic's included) where the document is not a sound policy."""
        return cls(PolicyDocument.model_validate_json(raw))

    @classmethod
    def starting(cls) -> AcceptancePolicy:
        """The policy before anybody configures one (contract, section 4)."""
        return cls.parse(starting_document(POLICY_ID))
