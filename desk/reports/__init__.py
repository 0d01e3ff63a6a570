"""How service is: the live board, reports, warnings of a sudden rise, the review of what was not understood.

`docs/reports.md` defines each figure.
"""
