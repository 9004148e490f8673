-- Late arrivals
-- Events that were received more than ten minutes after they were recorded, by driver, the worst first.
-- Its device was out of reach, or its clock is wrong. late_by_days counts those that came a day or more later: those of
-- them that a day's quality.too_late counts are in no day's numbers.
WITH events AS ({{events}}),

lags AS (
    SELECT
        driver_id,
        source,
        date_diff('millisecond', recorded_at, received_at) / 1e3 AS lag_s
    FROM events
    WHERE live
)

SELECT
    driver_id,
    source,
    count(*) AS events,
    count(CASE WHEN lag_s > 600 THEN 1 END) AS late,
    count(CASE WHEN lag_s >= 86400 THEN 1 END) AS late_by_days,
    max(lag_s) / 60 AS worst_lag_minutes
FROM lags
GROUP BY driver_id, source
HAVING max(lag_s) > 600
ORDER BY late DESC, worst_lag_minutes DESC, driver_id, source
