"""Proofs that the log was never changed, which ask nobody for trust."""
