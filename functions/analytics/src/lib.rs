//! Answers what was derived: minutes and days.
