//! A driver's minute.
