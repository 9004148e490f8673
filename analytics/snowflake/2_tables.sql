-- What arrives, as it arrives: each Parquet row whole in `record`, so that a column that milkrun adds is there without
-- a change here. Repeats included: the dbt project removes them. Clustered by day of arrival, which every model asks for.
CREATE TABLE IF NOT EXISTS milkrun.raw.location_events (
    record VARIANT NOT NULL,
    dt VARCHAR NOT NULL COMMENT 'Day of arrival, UTC, 2026-11-20',
    file VARCHAR NOT NULL,
    loaded_at TIMESTAMP_NTZ NOT NULL
)
CLUSTER BY (dt);

CREATE TABLE IF NOT EXISTS milkrun.raw.assignments (
    record VARIANT NOT NULL,
    dt VARCHAR NOT NULL COMMENT 'Day of arrival, UTC, 2026-11-20',
    file VARCHAR NOT NULL,
    loaded_at TIMESTAMP_NTZ NOT NULL
)
CLUSTER BY (dt);

CREATE TABLE IF NOT EXISTS milkrun.raw.updates (
    record VARIANT NOT NULL,
    dt VARCHAR NOT NULL COMMENT 'Day of arrival, UTC, 2026-11-20',
    file VARCHAR NOT NULL,
    loaded_at TIMESTAMP_NTZ NOT NULL
)
CLUSTER BY (dt);
