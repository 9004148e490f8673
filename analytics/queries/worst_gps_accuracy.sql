-- Worst GPS accuracy by device
-- Devices by the share of their positions that are uncertain by more than 50 metres, the worst first.
-- A device is what the provider says of it; where it says nothing, the driver stands for it.
-- Positions without an accuracy are in none of the numbers.
WITH events AS ({{events}}),

fixes AS (
    SELECT
        driver_id,
        source,
        -- Not a JSON function: no one of them is in both engines. Athena finds NULL, DuckDB an empty text.
        nullif(regexp_extract(attributes, '"deviceId":"([^"]*)"', 1), '') AS device_id,
        nullif(regexp_extract(attributes, '"deviceType":"([^"]*)"', 1), '') AS device_type,
        accuracy_m
    FROM events
    WHERE live
        AND latitude IS NOT NULL
        AND accuracy_m IS NOT NULL
)

SELECT
    driver_id,
    device_id,
    device_type,
    source,
    count(*) AS positions,
    count(CASE WHEN accuracy_m > 50 THEN 1 END) AS uncertain,
    count(CASE WHEN accuracy_m > 50 THEN 1 END) * 1e2 / count(*) AS uncertain_pct,
    avg(accuracy_m) AS mean_accuracy_m,
    max(accuracy_m) AS worst_accuracy_m
FROM fixes
GROUP BY 1, 2, 3, 4
ORDER BY uncertain_pct DESC, mean_accuracy_m DESC, driver_id, source
