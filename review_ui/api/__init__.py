"""The JSON interface under ``/api/v1``: what the pages do, through the same use-cases and checks.

Programs come with a key (``Authorization: Bearer cw_…``); a logged-in browser may read only. Every error is one
sentence in ``{"error": {"code", "message"}}``, every call by a key is in the log.
"""

from __future__ import annotations

from review_ui.api.app import create_api

__all__ = ["create_api"]
