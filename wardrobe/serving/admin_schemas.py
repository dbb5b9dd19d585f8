"""What goes in and out of the calls that change what is served."""

from pydantic import BaseModel, ConfigDict, Field

from wardrobe.serving.deployment import Pair, Progress
from wardrobe.serving.doctor.finding import Finding
from wardrobe.serving.schemas import Flag, Parameters, Text


class SwapParameters(Parameters):
    """What to serve from now on."""

    index: Text = Field(description="Folder of an index made with the encoder")
    encoder: Text | None = Field(
        None, description="As the setting `ENCODER`; by default the one that serves"
    )
    discard_writes: Flag = Field(
        False, description="Let go what was written to an index that this was not built from"
    )


class NoParameters(Parameters):
    """None are needed."""


class CompactStatus(BaseModel):
    """The index after its compaction."""

    kind: str
    count: int = Field(description="Items")


class DoctorResponse(BaseModel):
    """What the server finds about itself and its machine, a finding a check."""

    findings: list[Finding]


class SwapStatus(Progress):
    """How far the last swap is, or how it ended, and what is served."""

    model_config = ConfigDict(extra="forbid")

    current: Pair = Field(description="What is served")
    previous: Pair | None = Field(description="What a rollback would go back to")
