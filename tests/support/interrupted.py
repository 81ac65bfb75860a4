"""Begins `write_sample` in a process of its own, and tells after each slab; the process is killed from outside.

python interrupted.py PATH SIZE SEED
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.toys import toy

from raysys.models import write_sample
from raysys.models.streaming import Record

BLOCK = (16, 48, 96)  # thin, so that there are several slabs, and wide, so that little is computed twice

if __name__ == "__main__":
    path, size, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    write = Record.write

    def written(self: Record, done: int, total: int, *rest: object) -> None:
        write(self, done, total, *rest)
        print(done, total, flush=True)

    Record.write = written
    write_sample(toy("binary", BLOCK), path, size=size, seed=seed)
