"""Files that are replaced whole, by whoever writes them at the same time."""

from concurrent.futures import ThreadPoolExecutor

from wardrobe.files import write_text


def test_threads_that_write_one_file_at_once_do_not_meet(tmp_path):
    path = tmp_path / "picture"
    texts = [f"{number}" * 1000 for number in range(8)]

    def write(text: str) -> None:
        for _ in range(20):
            write_text(path, text)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, texts))
    assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]
