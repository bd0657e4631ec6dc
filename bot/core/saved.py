"""An index as bytes and back, so that a cold start does not count everything again.

Layout: magic, length of a JSON header, header, arrays one after the other, each at a place that
divides by 64: NumPy copies a whole array that lies askew before it picks from it. Never pickle: a
file that was tampered with can make scores wrong, not run code.
"""

from __future__ import annotations

import gc
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.counts import DocumentCounts
from bot.core.documents import Document
from bot.core.index import Index
from bot.core.kana import KanaDecoder
from bot.core.kana_language import Node
from bot.core.latent import Latent
from bot.core.lexicon import Line, triggers
from bot.core.postings import Phrases, Postings
from bot.core.repair import build_repairer
from bot.core.sounds import Sounds
from bot.core.vocabulary import Terms

_MAGIC = b"madoguchi-index-9\n"
_ALIGNED = 64
_TABLES = ("words", "grams", "bare")


def index_key(documents: Sequence[Document], lexicon: Sequence[Line]) -> str:
    """Equal exactly for equal input, so a saved index can be recognised as the right one."""
    text = repr((tuple(documents), tuple(lexicon), _MAGIC))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def to_bytes(index: Index) -> bytes:
    """The whole index."""
    arrays = _arrays_of(index)
    header = {
        "ids": index.ids,
        "titles": index.titles,
        "terms": {name: "\0".join(getattr(index.terms, name)) for name in _TABLES},
        "sizes": [index.postings.size, index.phrases.size],
        "expansions": index.expansions,
        "lexicon": index.lexicon,
        "decoder": index.decoder.words,
        "mendable": sorted(index.repairer.words),
        "fingerprints": [item.fingerprint for item in index.counts],
        "arrays": [(name, array.dtype.str, array.shape) for name, array in arrays.items()],
    }
    text = json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")
    text += b" " * _gap(len(_MAGIC) + 8 + len(text))
    body = b"".join(_padded(np.ascontiguousarray(array).tobytes()) for array in arrays.values())
    return _MAGIC + struct.pack("<Q", len(text)) + text + body


def _arrays_of(index: Index) -> dict[str, NDArray[Any]]:
    """Every array of an index, by the name that it is saved under."""
    phrases = [phrase for item in index.counts for phrase in item.phrases]
    none = np.zeros(0, np.int32)
    arrays: dict[str, NDArray[Any]] = {
        "title_length": index.title_length,
        "generality": index.generality,
        "kinds": index.kinds,
        "counts.terms": np.concatenate([none, *(item.terms for item in index.counts)]),
        "counts.tallies": np.concatenate(
            [np.zeros((0, 4), np.uint16), *(item.tallies for item in index.counts)]
        ),
        "counts.sizes": np.array([len(item.terms) for item in index.counts], np.int32),
        "counts.phrases": np.concatenate([none, *phrases]),
        "counts.phrase_sizes": np.array([len(phrase) for phrase in phrases], np.int32),
        "counts.phrase_counts": np.array([len(item.phrases) for item in index.counts], np.int32),
    }
    parts = {
        "postings": index.postings,
        "phrases": index.phrases,
        "latent": index.latent,
        "sounds": index.terms.sounds,
    }
    for name, part in parts.items():
        for key, value in vars(part).items():
            if isinstance(value, np.ndarray):
                arrays[f"{name}.{key}"] = value
    arrays["terms.listed"] = index.terms.listed
    for name in _TABLES:
        arrays[f"terms.{name}"] = np.array(list(getattr(index.terms, name).values()), np.int32)
    arrays["latent.axes"] = index.latent.axes.astype(np.float16)  # exactly these values
    return arrays


def _gap(length: int) -> int:
    """How many bytes are missing to the next aligned place."""
    return -length % _ALIGNED


def _padded(data: bytes) -> bytes:
    return data + b"\0" * _gap(len(data))


def from_bytes(data: bytes | memoryview) -> Index:
    """The index that `to_bytes` wrote. Raises ValueError when the bytes are anything else.

    Its arrays are parts of `data`, which may be a mapped file: what is never asked for is never
    read.
    """
    was_on = gc.isenabled()
    gc.disable()  # it would walk again and again through what is being made, all of which stays
    try:
        return _read(data)
    except (KeyError, TypeError, IndexError, struct.error) as error:
        raise ValueError("not a saved index of this version") from error
    finally:
        if was_on:
            gc.enable()


def _read(data: bytes | memoryview) -> Index:
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("not a saved index of this version")
    (length,) = struct.unpack_from("<Q", data, len(_MAGIC))
    start = len(_MAGIC) + 8
    header = json.loads(str(data[start : start + length], "utf-8", "surrogatepass"))
    arrays = _arrays(data, start + length, header["arrays"])
    lexicon = tuple((tuple(left), tuple(right), both) for left, right, both in header["lexicon"])
    sizes = header["sizes"]
    tables = {name: _table(header["terms"][name], arrays[f"terms.{name}"]) for name in _TABLES}
    return Index(
        ids=tuple(header["ids"]),
        titles=tuple(header["titles"]),
        kinds=arrays["kinds"],
        terms=Terms(
            listed=arrays["terms.listed"], sounds=Sounds(**_part(arrays, "sounds.")), **tables
        ),
        postings=Postings(size=sizes[0], **_part(arrays, "postings.")),
        phrases=Phrases(size=sizes[1], **_part(arrays, "phrases.")),
        latent=Latent(
            row=arrays["latent.row"],
            axes=arrays["latent.axes"].astype(np.float32),
            length=arrays["latent.length"],
            placed=arrays["latent.placed"],
        ),
        title_length=arrays["title_length"],
        generality=arrays["generality"],
        expansions=tuple((tuple(words), concept) for words, concept in header["expansions"]),
        triggers=triggers(lexicon),
        decoder=KanaDecoder(_nodes(header["decoder"])),
        repairer=build_repairer(header["mendable"]),
        lexicon=lexicon,
        counts=_counts(arrays, header["fingerprints"]),
    )


def _table(names: str, numbers: NDArray[np.int32]) -> dict[str, int]:
    return dict(zip(names.split("\0") if names else (), numbers.tolist(), strict=True))


def _nodes(saved: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, tuple[Node, ...]]:
    return {
        reading: tuple(
            (written, intern(left), intern(right), cost) for written, left, right, cost in nodes
        )
        for reading, nodes in saved.items()
    }


def _arrays(
    data: bytes | memoryview, place: int, layout: Sequence[tuple[str, str, Sequence[int]]]
) -> dict[str, NDArray[Any]]:
    found = {}
    for name, kind, shape in layout:
        dtype = np.dtype(kind)
        if dtype.hasobject:
            raise ValueError("not a saved index of this version")
        count = int(np.prod(shape))
        found[name] = np.frombuffer(data, dtype, count, place).reshape(shape)
        place += count * dtype.itemsize + _gap(count * dtype.itemsize)
    if place != len(data):
        raise ValueError("not a saved index of this version")
    return found


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _counts(
    arrays: Mapping[str, NDArray[Any]], fingerprints: Sequence[str]
) -> tuple[DocumentCounts, ...]:
    terms, tallies = (
        _parts(arrays[f"counts.{name}"], arrays["counts.sizes"]) for name in ("terms", "tallies")
    )
    phrases = _parts(arrays["counts.phrases"], arrays["counts.phrase_sizes"])
    last = np.cumsum(arrays["counts.phrase_counts"]).tolist()
    general = arrays["generality"].astype(int).tolist()
    return tuple(
        DocumentCounts(fingerprints[i], terms[i], tallies[i], tuple(phrases[first:end]), general[i])
        for i, (first, end) in enumerate(zip([0, *last], last, strict=False))
    )


def _parts(values: NDArray[Any], sizes: NDArray[Any]) -> list[NDArray[Any]]:
    """The parts of these sizes, one after the other (`np.split` takes ten times as long)."""
    ends = np.cumsum(sizes).tolist()
    return [values[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
