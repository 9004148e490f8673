//! What is derived from events: a driver's minutes and the company's days. Pure: no clock, network or AWS.
//!
//! Every number is a function of the events that are stored, computed anew for the bucket that an event
//! touched and never incremented. So retries, repeats and late events repair what is derived.

pub mod day;
pub mod minute;
