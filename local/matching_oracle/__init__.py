"""An oracle for the matching (`crates/assignment`): random days, solved by OR-Tools as well.

Everything here is written from the contract, not from the Rust code: the rules (`rules.py`), what
days may look like (`days.py`) and what the best assignment amounts to (`optimum.py`).
"""
