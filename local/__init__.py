"""What `make up` and its relatives run: milkrun on this machine, without AWS.

Modules that `make` runs: `preflight`, `up`, `down`, `stages` (make test), `apidocs` (make docs).
Everything a run leaves behind is in its state directory, `.milkrun/` unless told otherwise.
"""
