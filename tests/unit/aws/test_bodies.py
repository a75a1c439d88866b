import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.aws.bodies import Store


def test_the_same_bytes_put_by_several_at_once_are_there_once(tmp_path: Path) -> None:
    content, together = b"x" * 4_000_000, threading.Barrier(8)

    def put(store: Store) -> str:
        together.wait(30)
        return store.put(content)

    for turn in range(10):
        store = Store(tmp_path / str(turn))
        with ThreadPoolExecutor(8) as pool:
            (name,) = set(pool.map(put, [store] * 8))
        assert [path.name for path in store.folder.iterdir()] == [name]
        assert store.get(name) == content
