"""Everything that makes or publishes a result. One function a verb; use what is exported here."""

from .bundles import export_bundle, release_public_bundle, store_audit_bundle
from .publishing import publish_round, withdraw_publication
from .running import score_round

__all__ = [
    "export_bundle",
    "publish_round",
    "release_public_bundle",
    "score_round",
    "store_audit_bundle",
    "withdraw_publication",
]
