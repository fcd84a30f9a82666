"""`make torture` in small: a round of nearly every kind of fault, and everything compared afterwards."""

from __future__ import annotations

from pathlib import Path

from tests.torture.rounds import Torture

SEED = "small"


async def test_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    torture = Torture(tmp_path / "data", SEED, print)
    stand = torture.stand
    await torture.run([
        stand.kill_server, stand.kill_projector, stand.kill_postgres, stand.cut_power, stand.kill_backend,
        stand.kill_server_under_make,
    ])  # fmt: skip
