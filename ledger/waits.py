"""Waiting for whichever comes first."""

from __future__ import annotations

import asyncio


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Returns when one of the events is set, or after so many seconds."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
