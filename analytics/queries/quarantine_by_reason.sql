-- Quarantine by reason
-- Requests that were refused and kept, by day of arrival and reason, with the first and the last of them.
-- They hold personal data: this query shows none of it.
SELECT
    dt,
    reason,
    route,
    count(*) AS requests,
    -- Text in Athena, whose order is that of time; the emulator takes it for a time.
    min(CAST(received_at AS varchar)) AS first_received_at,
    max(CAST(received_at AS varchar)) AS last_received_at
FROM quarantine
WHERE dt BETWEEN '{{from}}' AND '{{to}}'
GROUP BY dt, reason, route
ORDER BY dt DESC, requests DESC, reason, route
