"""A mapped index file: one copy for all processes, and the answers of one in memory."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.test_vector_index import clustered
from wardrobe.index.vector_index import KINDS, VectorIndex

COUNT, DIMENSION = 10_000, 32
SMAPS = Path("/proc/self/smaps")
READER = """
import sys
from pathlib import Path
from wardrobe.index.vector_index import VectorIndex
index = VectorIndex.read(Path(sys.argv[1]))
index.warm_up()
print("warm", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", params=KINDS)
def built(request, tmp_path_factory) -> tuple[VectorIndex, Path]:
    """An index as it was built, in memory, and its file."""
    index = VectorIndex.build(clustered(COUNT, DIMENSION, 1), request.param)
    path = tmp_path_factory.mktemp("index") / request.param
    index.write(path)
    return index, path


@contextmanager
def another_reader(path: Path) -> Iterator[Path]:
    """Yields the memory map of another process that has the index open and warm."""
    command = [sys.executable, "-c", READER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"warm\n"
        yield Path(f"/proc/{process.pid}/smaps")
        process.kill()


def kibibytes_mapped(smaps: Path, path: Path) -> dict[str, int]:
    """Returns the fields of `smaps` for a mapped file."""
    _, _, found = smaps.read_text().partition(f"{path}\n")
    lines = found.split("VmFlags:")[0].splitlines()
    return {name: int(value.split()[0]) for name, value in (line.split(":") for line in lines)}


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux tells what memory is shared")
def test_processes_share_every_page_of_the_vectors_once_warm(built):
    _, path = built
    numbers_size = 2 if path.name == "ivfpq" else 4
    index = VectorIndex.read(path)
    before = kibibytes_mapped(SMAPS, path)
    index.warm_up()
    with another_reader(path) as other:
        for mapped in (kibibytes_mapped(SMAPS, path), kibibytes_mapped(other, path)):
            assert mapped["Rss"] * 1024 >= COUNT * DIMENSION * numbers_size
            assert mapped["Rss"] > before["Rss"]
            # Half of what two processes share counts for each.
            assert mapped["Pss"] < 0.7 * mapped["Rss"]
            assert mapped["Anonymous"] == 0


def test_a_mapped_index_answers_as_one_in_memory_even_when_its_file_is_replaced(built, tmp_path):
    expected, path = built
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    mapped = VectorIndex.read(copy)
    (tmp_path / "new").write_bytes(b"another index")
    (tmp_path / "new").replace(copy)
    queries = clustered(50, DIMENSION, 2)
    for k in (1, 10, COUNT):  # the last is answered exhaustively
        for found, wanted in zip(
            mapped.search(queries, k), expected.search(queries, k), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)
    positions = np.array([0, 17, COUNT - 1])
    np.testing.assert_array_equal(mapped.vectors_of(positions), expected.vectors_of(positions))
