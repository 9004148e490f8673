//! From the lake to days: recomputes the days that late events may still change.
