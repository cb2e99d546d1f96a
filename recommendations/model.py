"""The trained model, and the folder it is kept in: arrays as .npy without pickle, and a manifest with their SHA-256.

Pure but for the files. The arrays are mapped into memory read-only, so that web processes share them. A folder in which
a file is missing, changed or of another format is refused, never half used; it is written whole or not at all.
"""

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Arrays, Estimator
from recommendations.parts import KINDS

FORMAT = 2
MANIFEST = "manifest.json"
TASKS = ("person", "session", "product", "cart")
TRAIN_AGAIN = "train again (manage.py train_recommendations)"


class ArtifactRefusedError(Exception):
    """A model's files are missing, changed or of another format: train again (manage.py train_recommendations)."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Products by code, fitted parts by name, and how much each part counts in each task (weights sum to 1).

    `recipe` says how it was made (see `recommendations.training.recipe`). `codes` names each product's place.
    """

    products: Sequence[str]
    parts: Mapping[str, Estimator]
    blends: Mapping[str, Mapping[str, float]]
    trained_until_us: int
    half_life_days: float
    recipe: Mapping[str, Any] = field(default_factory=dict)
    codes: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for task, blend in self.blends.items():
            if missing := sorted(blend.keys() - self.parts.keys()):
                raise ValueError(f"the blend of {task} names {missing[0]!r}, which is no part of the model")
        object.__setattr__(self, "codes", {product: code for code, product in enumerate(self.products)})

    @property
    def method(self) -> str:
        """How the part `taste` learned, empty without one."""
        taste = self.parts.get("taste")
        return str(getattr(taste, "method_", type(taste).__name__.lower())) if taste else ""


def write(model: Model, folder: Path) -> str:
    """Writes the folder whole or not at all; returns the SHA-256 of its manifest. The folder must not exist yet."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        files = {name: _write_array(draft / name, array) for name, array in _arrays_of(model)}
        content = json.dumps(_manifest(model, files), sort_keys=True, indent=1).encode()
        _write_file(draft / MANIFEST, content)
        _sync_folder(draft)
        draft.rename(folder)
        _sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return hashlib.sha256(content).hexdigest()


def read(folder: Path, checksum: str) -> Model:
    """The model in `folder`; raises ArtifactRefusedError when it is missing, changed or of another format."""
    manifest = read_manifest(folder, checksum)
    arrays = {name: _mapped(folder, name, facts) for name, facts in manifest["files"].items()}
    products = _names(arrays.pop("products.text.npy"), arrays.pop("products.ends.npy"))
    parts = {}
    for name, facts in manifest["parts"].items():
        kind = KINDS.get(facts["kind"])
        if kind is None:
            raise ArtifactRefusedError(f"the model {folder.name} has a part of kind {facts['kind']!r}: {TRAIN_AGAIN}")
        prefix = f"{name}."
        own = {file[len(prefix) : -4]: array for file, array in arrays.items() if file.startswith(prefix)}
        try:
            parts[name] = kind.restore(facts["params"], own)
        except (LookupError, TypeError, ValueError) as error:  # it was written by an estimator of another version
            raise ArtifactRefusedError(
                f"the part {name} of the model {folder.name} is of another version: {TRAIN_AGAIN}"
            ) from error
    return Model(
        products=products,
        parts=parts,
        blends=manifest["blends"],
        trained_until_us=int(manifest["trained_until_us"]),
        half_life_days=float(manifest["half_life_days"]),
        recipe=manifest["recipe"],
    )


def read_manifest(folder: Path, checksum: str) -> dict[str, Any]:
    """What the folder says it holds; raises ArtifactRefusedError."""
    if folder.is_file():
        raise ArtifactRefusedError(f"the model file {folder.name} has the format of an older version: {TRAIN_AGAIN}")
    content = _content(folder / MANIFEST)
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ArtifactRefusedError(f"the model {folder.name} does not have the checksum of its run: {TRAIN_AGAIN}")
    manifest: dict[str, Any] = json.loads(content)
    if manifest.get("format") != FORMAT:
        raise ArtifactRefusedError(
            f"the model {folder.name} has format {manifest.get('format')}, not {FORMAT}: {TRAIN_AGAIN}"
        )
    return manifest


def size_bytes(folder: Path) -> int:
    """Of all its files."""
    return sum(file.stat().st_size for file in folder.iterdir())


def remove(path: Path) -> None:
    """Deletes a model, of this format or an older one. Processes that have it mapped keep it until they let it go."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _arrays_of(model: Model) -> Iterator[tuple[str, NDArray[Any]]]:
    texts = [product.encode() for product in model.products]
    yield "products.text.npy", np.frombuffer(b"".join(texts), dtype=np.uint8)
    yield "products.ends.npy", np.cumsum([len(text) for text in texts], dtype=np.int64)
    for name, part in model.parts.items():
        arrays: Arrays = part.arrays()
        for key, array in arrays.items():
            yield f"{name}.{key}.npy", array


def _manifest(model: Model, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "files": files,
        "parts": {name: {"kind": type(part).__name__, "params": part.params()} for name, part in model.parts.items()},
        "blends": {task: dict(blend) for task, blend in model.blends.items()},
        "trained_until_us": model.trained_until_us,
        "half_life_days": model.half_life_days,
        "recipe": dict(model.recipe),
    }


def _write_array(path: Path, array: NDArray[Any]) -> dict[str, Any]:
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {"bytes": path.stat().st_size, "sha256": _digest(path)}


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactRefusedError(
            f"the model file {path.parent.name}/{path.name} cannot be read ({error.strerror}): {TRAIN_AGAIN}"
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mapped(folder: Path, name: str, facts: Mapping[str, Any]) -> NDArray[Any]:
    path = folder / name
    try:
        is_right = path.stat().st_size == facts["bytes"] and _digest(path) == facts["sha256"]
    except OSError as error:
        raise ArtifactRefusedError(
            f"the model file {folder.name}/{name} cannot be read ({error.strerror}): {TRAIN_AGAIN}"
        ) from error
    if not is_right:
        raise ArtifactRefusedError(f"the model file {folder.name}/{name} is not what its run wrote: {TRAIN_AGAIN}")
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    # A plain view over the map: indexing np.memmap itself costs several times as much.
    return np.asarray(array).view(np.ndarray)


def _names(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> tuple[str, ...]:
    whole, starts = text.tobytes(), [0, *ends.tolist()]
    return tuple(whole[start:end].decode() for start, end in itertools.pairwise(starts))
