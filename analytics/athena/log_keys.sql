-- The keys of the log for dbt, from an export of the table LocationEvents to S3 (README.md says how to ask for one).
-- Put in the addresses of the export, and the time that it is of.
CREATE EXTERNAL TABLE milkrun.log_export (
    item struct<
        driver_id: struct<s: string>,
        event_id: struct<s: string>,
        recorded_at: struct<s: string>,
        received_at: struct<s: string>
    >
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://EXPORT_BUCKET/EXPORT_PREFIX/AWSDynamoDB/EXPORT_ID/data/';

CREATE OR REPLACE VIEW milkrun.log_keys AS
SELECT
    item.driver_id.s AS driver_id,
    item.event_id.s AS event_id,
    CAST(from_iso8601_timestamp(item.recorded_at.s) AS timestamp) AS recorded_at,
    CAST(from_iso8601_timestamp(item.received_at.s) AS timestamp) AS received_at,
    TIMESTAMP '2026-11-20 00:00:00' AS exported_at
FROM milkrun.log_export;
