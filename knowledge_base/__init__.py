"""What the shop can answer: articles in every language, rendered for a customer's country, and searched.

The articles lie in `articles/<language>/<slug>.md` (`docs/articles.md` says how they are written). The room
knows nothing of conversations, of the web or of the shop: the figures that articles state come in through
`KnowledgeBase`'s constructor.
"""

from knowledge_base.articles import Article, ArticleError, Section, load_article, load_articles
from knowledge_base.base import Answer, Found, KnowledgeBase, UnknownArticle
from knowledge_base.dense import Encode
from knowledge_base.gaps import Gap, GapGroup, GapKind, GapLog, GapSource, RecordedGap, anonymous, group
from knowledge_base.links import anchor, article_url
from knowledge_base.passages import WORTH_ADDING, Passage, RankedSection
from knowledge_base.rendering import Rendered, Renderer, Variables
from knowledge_base.search import Hit, SearchIndex

__all__ = [
    "WORTH_ADDING",
    "Answer",
    "Article",
    "ArticleError",
    "Encode",
    "Found",
    "Gap",
    "GapGroup",
    "GapKind",
    "GapLog",
    "GapSource",
    "Hit",
    "KnowledgeBase",
    "Passage",
    "RankedSection",
    "RecordedGap",
    "Rendered",
    "Renderer",
    "SearchIndex",
    "Section",
    "UnknownArticle",
    "Variables",
    "anchor",
    "anonymous",
    "article_url",
    "group",
    "load_article",
    "load_articles",
]
