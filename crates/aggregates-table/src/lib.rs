//! The table of what is derived: its keys and items, writing and reading.
