//! From the log to minutes: recomputes each minute that an event touched.
