"""How components keep what they have learnt."""

COMPRESSION = 1
"""Of joblib files. Rasa packs a model at gzip's slowest level, which takes ten times as long on what is not
compressed yet."""
