"""The trained model as arrays, and the file it is kept in: npz without pickle, a JSON header, a SHA-256 beside it.

Pure but for the file. A file whose checksum differs is refused, never half used.
"""

import hashlib
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FORMAT = 1


class ArtifactRefusedError(Exception):
    """A model file is missing, changed or of another format: train again (manage.py train_recommendations)."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Products by code; the popularity of each; and the sparse rows of the co-occurrence matrix (CSR)."""

    products: tuple[str, ...]
    popularity: NDArray[np.float32]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    trained_until_us: int
    half_life_days: float
    method: str
    codes: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.products) == len(self.popularity) == len(self.indptr) - 1:
            raise ValueError("products, popularity and rows must have one length")
        object.__setattr__(self, "codes", {product: code for code, product in enumerate(self.products)})


def write(model: Model, path: Path) -> str:
    """Writes the file whole or not at all; returns its SHA-256."""
    header = {
        "format": FORMAT,
        "products": model.products,
        "trained_until_us": model.trained_until_us,
        "half_life_days": model.half_life_days,
        "method": model.method,
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        allow_pickle=False,
        header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        popularity=model.popularity,
        indptr=model.indptr.astype(np.int64),
        indices=model.indices.astype(np.int32),
        data=model.data.astype(np.float32),
    )
    content = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return hashlib.sha256(content).hexdigest()


def read(path: Path, checksum: str) -> Model:
    """The model in `path`; raises ArtifactRefusedError when it is missing, changed or of another format."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtifactRefusedError(f"the model file {path.name} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ArtifactRefusedError(f"the model file {path.name} does not have the checksum of its run")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        header = json.loads(arrays["header"].tobytes())
        if header["format"] != FORMAT:
            raise ArtifactRefusedError(f"the model file {path.name} has format {header['format']}, not {FORMAT}")
        return Model(
            products=tuple(header["products"]),
            popularity=arrays["popularity"],
            indptr=arrays["indptr"],
            indices=arrays["indices"],
            data=arrays["data"],
            trained_until_us=int(header["trained_until_us"]),
            half_life_days=float(header["half_life_days"]),
            method=str(header["method"]),
        )
