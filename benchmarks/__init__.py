"""Measurements: what turns cost, how many a server takes, what the features of the understanding are worth.

`aftercare benchmark` runs those of speed and memory (docs/performance.md); the others are modules that are run by
themselves. They belong to the repository and are not installed.
"""
