"""`import raysys.stats` is cheap."""

import subprocess
import sys


def test_importing_costs_no_torch_no_ray_and_no_compilation():
    program = (
        "import sys, raysys.stats\n"
        "from raysys.stats import packed\n"
        "print([m for m in ('torch', 'ray', 'mlflow', 'skimage') if m in sys.modules])\n"
        "print([f.signatures for f in (packed._count, packed._lay_out, packed._transpose)])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[[], [], []]"]
