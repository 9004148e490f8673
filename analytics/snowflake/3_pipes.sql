-- Loads each file once, when S3 says that it is there: SHOW PIPES names the queue (notification_channel) that the
-- buckets' notifications for s3:ObjectCreated under these prefixes go to. What was there before: ALTER PIPE … REFRESH
-- for the last seven days, the COPY INTO by itself for older files.
CREATE PIPE IF NOT EXISTS milkrun.raw.location_events
    AUTO_INGEST = TRUE
AS
COPY INTO milkrun.raw.location_events (record, dt, file, loaded_at)
FROM (
    SELECT
        $1,
        regexp_substr(metadata$filename, 'dt=([0-9-]+)', 1, 1, 'e'),
        metadata$filename,
        metadata$start_scan_time
    FROM @milkrun.raw.location_events
)
FILE_FORMAT = (FORMAT_NAME = 'milkrun.raw.parquet');

CREATE PIPE IF NOT EXISTS milkrun.raw.assignments
    AUTO_INGEST = TRUE
AS
COPY INTO milkrun.raw.assignments (record, dt, file, loaded_at)
FROM (
    SELECT
        $1,
        regexp_substr(metadata$filename, 'dt=([0-9-]+)', 1, 1, 'e'),
        metadata$filename,
        metadata$start_scan_time
    FROM @milkrun.raw.assignments
)
FILE_FORMAT = (FORMAT_NAME = 'milkrun.raw.parquet');

CREATE PIPE IF NOT EXISTS milkrun.raw.updates
    AUTO_INGEST = TRUE
AS
COPY INTO milkrun.raw.updates (record, dt, file, loaded_at)
FROM (
    SELECT
        $1,
        regexp_substr(metadata$filename, 'dt=([0-9-]+)', 1, 1, 'e'),
        metadata$filename,
        metadata$start_scan_time
    FROM @milkrun.raw.updates
)
FILE_FORMAT = (FORMAT_NAME = 'milkrun.raw.parquet');
