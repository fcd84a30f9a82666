"""Read models: pure functions from events to rows, and the runner that applies them exactly once."""
