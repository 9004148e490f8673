//! The `aggregator-minutes` function: wiring only.

fn main() {}
