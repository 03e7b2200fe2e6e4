"""Everything that makes or publishes a result. One function a verb; use what is exported here."""

from .publishing import publish_round, withdraw_publication
from .running import score_round

__all__ = ["publish_round", "score_round", "withdraw_publication"]
