"""An endpoint on a cluster: what this runs on the head.

    ray submit CLUSTER.yaml clusters/serve.py -- MODEL [--host 0.0.0.0 --tokens FILE --no-jobs]

`ray submit` copies this one file to the head node. So all it does is name the running cluster and hand over to
`raysys serve`, which the cluster file has installed on every node.
"""

import os
import sys

from raysys.cli import main

if __name__ == "__main__":
    # Without an address raysys would start a Ray of its own on the head and leave the other nodes idle.
    os.environ.setdefault("RAY_ADDRESS", "auto")
    sys.argv[1:1] = ["serve"]
    main()
