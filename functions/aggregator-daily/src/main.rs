//! The `aggregator-daily` function: wiring only.

fn main() {}
