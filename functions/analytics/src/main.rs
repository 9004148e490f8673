//! The `analytics` function: wiring only.

fn main() {}
