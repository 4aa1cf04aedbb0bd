"""Every result of the book's sources, checked: ``check(id, value)`` compares ours with theirs, and raises when it fails.

The register (``register.toml``) holds what the sources print and when ours counts as the same. A chapter's cell computes a
value and calls :func:`check`; what takes longer than a chapter may run is an experiment (``python -m unrolled.reproductions``)
whose stored result the cell checks instead. What the sources get wrong is in ``corrections.toml``, and ``correct`` proves it.
"""

from .corrections import correct, corrections, raised
from .register import Mismatch, check, register, stored

__all__ = ["Mismatch", "check", "correct", "corrections", "raised", "register", "stored"]
