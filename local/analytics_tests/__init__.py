"""Tests of analytics/: `make test-analytics`.

They need the packages of local/requirements-analytics.txt.
"""
