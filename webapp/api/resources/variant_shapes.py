"""The shape of how a model is packed."""

from uuid import UUID

from ninja import Schema


class VariantOut(Schema):
    """How a model is packed that does not answer as it was trained, and what was measured of that."""

    id: UUID
    engine: str
    precision: str
    input_size: int
    threads: int
    accuracy: float
    changed: int
    p50_ms: float
    size_bytes: int
