"""Everything that makes or publishes a result. One function a verb; use what is exported here."""

from .bundles import export_bundle, release_public_bundle, store_audit_bundle
from .excluding import exclude_ballots, readmit_ballots
from .publishing import publish_round, withdraw_publication
from .quality import make_quality_report
from .running import score_round

__all__ = [
    "exclude_ballots",
    "export_bundle",
    "make_quality_report",
    "publish_round",
    "readmit_ballots",
    "release_public_bundle",
    "score_round",
    "store_audit_bundle",
    "withdraw_publication",
]
