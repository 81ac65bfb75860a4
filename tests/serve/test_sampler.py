"""The deployment's class by itself."""

import asyncio
import threading
from pathlib import Path

import pytest

from raysys.serve import Limits
from raysys.serve.sampler import Sampler


def test_a_thread_that_does_not_come_back_is_noticed(tmp_path: Path):
    sampler, let = Sampler(Limits(timeout_s=0.01)), threading.Event()

    async def stuck() -> None:
        work = asyncio.create_task(sampler._run(let.wait))
        sampler.check_health()
        await asyncio.sleep(0.5)
        with pytest.raises(RuntimeError, match="nobody waits for it any more"):
            sampler.check_health()
        let.set()
        await work
        sampler.check_health()

    asyncio.run(stuck())
