"""What a credential may be: four roles."""

from __future__ import annotations

ROLES = ("terminal", "integrator", "auditor", "admin")
