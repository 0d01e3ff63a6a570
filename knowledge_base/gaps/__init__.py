"""Questions without a good answer: kept without personal data, and grouped by what they ask."""

from knowledge_base.gaps.anonymous import anonymous
from knowledge_base.gaps.grouping import GapGroup, group
from knowledge_base.gaps.log import Gap, GapKind, GapLog, GapSource, RecordedGap

__all__ = ["Gap", "GapGroup", "GapKind", "GapLog", "GapSource", "RecordedGap", "anonymous", "group"]
