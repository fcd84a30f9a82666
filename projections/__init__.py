"""Read models: pure functions from events to rows, and the runner that applies them exactly once."""

from __future__ import annotations

NAMES = ("orders", "invoices", "drawer", "terminals", "swish", "stock", "sales", "catalogue")
