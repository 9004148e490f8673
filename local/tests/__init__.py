"""Tests of what `make` runs: `make test-local`."""
