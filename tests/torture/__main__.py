"""`make torture`: many rounds, on a data directory of its own. ROUNDS and SEED come from the environment."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.torture import full_disk
from tests.torture.rounds import Torture, say


def main() -> int:
    """The exit code: 0 when nothing was lost and nothing is there twice."""
    rounds, seed = int(os.environ.get("ROUNDS") or 100), os.environ.get("SEED") or str(time.time_ns())
    say(f"{rounds} rounds; to see the same documents and faults again: SEED={seed}")
    with tempfile.TemporaryDirectory(prefix="order-ledger-torture-") as directory:
        run = Torture(Path(directory) / "data", seed, say)
        try:
            asyncio.run(run.run(run.draw(rounds)))
        except AssertionError as error:
            say(f"FAILED with SEED={seed}: {error}")
            return 1
    return full_disk.on_a_disk_of_its_own(max(2, rounds // 10), seed)


if __name__ == "__main__":
    sys.exit(main())
