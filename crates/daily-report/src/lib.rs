//! A day as a page that people look at.
