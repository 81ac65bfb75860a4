"""Records of jobs stay right, whoever asks at the same time."""

import threading
from pathlib import Path

import pytest

from raysys.serve.jobs.record import Record, ResultFile
from raysys.serve.jobs.sqlite_store import SqliteStore
from raysys.serve.refused import RefusedError

LEASE = 60.0


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "jobs.db")


def record(number: int, caller: str = "token:a") -> Record:
    return Record(f"job{number}", "samples", caller, {"seed": number, "sort": "é"}, created=float(number))


def add(store: SqliteStore, number: int, caller: str = "token:a", key: str | None = None) -> Record:
    return store.add(record(number, caller), key, 100, 100)


def test_what_is_kept_comes_back(store: SqliteStore, tmp_path: Path):
    add(store, 1)
    assert store.get("job1") == record(1)
    assert SqliteStore(tmp_path / "jobs.db").get("job1") == record(1)
    assert store.get("job2") is None


def test_several_holders_share_jobs_without_doubling_one(store: SqliteStore):
    for number in range(40):
        add(store, number)
    taken: list[list[str]] = [[] for _ in range(4)]

    def claim_all(mine: list[str], name: str) -> None:
        while (found := store.claim(name, LEASE)) is not None:
            mine.append(found.id)

    threads = [threading.Thread(target=claim_all, args=(mine, f"h{i}")) for i, mine in enumerate(taken)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job for mine in taken for job in mine) == sorted(f"job{number}" for number in range(40))
    # Each in the order of asking.
    assert all(mine == sorted(mine, key=lambda job: int(job[3:])) for mine in taken)


def test_a_silent_holder_loses_its_job_and_can_say_nothing_more(store: SqliteStore):
    add(store, 1)
    # A lease that is over when it begins.
    assert store.claim("first", -1.0) is not None
    found = store.claim("second", LEASE)
    assert found is not None
    assert (found.state, found.deaths) == ("running", 1)
    assert store.claim("third", LEASE) is None
    assert not store.renew("job1", "first", LEASE)
    assert not store.finish("job1", "first", [], "", 1.0)
    store.fail("job1", "first", "mine", 1.0)
    store.progress("job1", "second", 0.5, 3.0, "half")
    store.progress("job1", "second", 0.2, 9.0, "counted anew")
    told = store.get("job1")
    assert (told.state, told.fraction, told.seconds_left, told.message) == ("running", 0.5, 9.0, "counted anew")
    files = (ResultFile("a.tif", 3, "ab"),)
    assert store.finish("job1", "second", files, "done", 100.0)
    told = store.get("job1")
    assert (told.state, told.files, told.fraction, told.over) == ("done", files, 1.0, True)


def test_only_deaths_in_a_row_are_counted(store: SqliteStore):
    add(store, 1)
    for deaths in range(3):
        assert store.claim("a", -1.0).deaths == deaths
    assert store.claim("b", LEASE).deaths == 3
    store.progress("job1", "b", 0.0, None, "no further than before")
    assert store.get("job1").deaths == 3
    store.progress("job1", "b", 0.1, None, "further")
    assert store.get("job1").deaths == 0


def test_a_cancelled_job_is_nobodys(store: SqliteStore):
    for number in (1, 2):
        add(store, number)
    store.claim("holder", LEASE)
    for job in ("job1", "job2"):
        assert store.cancel(job, 100.0).state == "cancelled"
    assert not store.renew("job1", "holder", LEASE)
    assert store.claim("holder", LEASE) is None
    assert not store.finish("job1", "holder", [], "", 1.0)
    assert store.cancel("job1", 100.0).state == "cancelled"


def test_a_released_job_waits_until_its_lease_is_over(store: SqliteStore):
    for number, lease in ((1, LEASE), (2, -1.0)):
        add(store, number)
        store.claim("holder", lease)
        store.release(f"job{number}", "holder")
    found = store.claim("holder", LEASE)
    assert (found.id, found.deaths) == ("job2", 0)
    assert store.claim("holder", LEASE) is None


def test_the_same_key_is_the_same_job_of_a_caller(store: SqliteStore):
    assert add(store, 1, key="k").id == add(store, 2, key="k").id == "job1"
    assert add(store, 3, "token:b", key="k").id == "job3"
    assert add(store, 4).id == "job4"
    assert [one.id for one in store.listing("token:a", 10)] == ["job4", "job1"]
    assert [one.id for one in store.listing(None, 2)] == ["job4", "job3"]


def test_callers_and_the_queue_are_bounded(store: SqliteStore):
    for number in range(2):
        store.add(record(number), None, 3, 2)
    with pytest.raises(RefusedError, match="2 of your jobs are not over; allowed here: 2") as refused:
        store.add(record(2), None, 3, 2)
    assert refused.value.status == 429
    store.add(record(3, "token:b"), None, 3, 2)
    with pytest.raises(RefusedError, match="3 jobs wait here") as refused:
        store.add(record(4, "token:c"), None, 3, 2)
    assert refused.value.status == 503
    store.cancel("job0", 100.0)
    assert store.add(record(5), None, 3, 2).id == "job5"


def test_what_has_been_kept_for_long_enough_is_told_and_forgotten(store: SqliteStore):
    for number in range(3):
        add(store, number)
    store.cancel("job0", -1.0)
    store.cancel("job1", 100.0)
    assert store.expired() == ["job0"]
    store.remove("job0")
    assert store.get("job0") is None
    assert store.expired() == []
