-- How Snowflake reads the buckets. Once, as ACCOUNTADMIN. Put in the account and the buckets: the outputs LakeBucket
-- and OperationsLogBucket of the stack milkrun-<environment>-data.
CREATE DATABASE IF NOT EXISTS milkrun;
CREATE SCHEMA IF NOT EXISTS milkrun.raw;
CREATE SCHEMA IF NOT EXISTS milkrun.analytics;

-- Then DESC INTEGRATION milkrun_lake: the role trusts the user and the external id that it names, and may do
-- s3:GetObject, s3:GetObjectVersion under the prefixes below and s3:ListBucket.
CREATE STORAGE INTEGRATION IF NOT EXISTS milkrun_lake
    TYPE = EXTERNAL_STAGE
    STORAGE_PROVIDER = 'S3'
    ENABLED = TRUE
    STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::ACCOUNT_ID:role/milkrun-snowflake'
    STORAGE_ALLOWED_LOCATIONS = (
        's3://LAKE_BUCKET/location_events/',
        's3://OPERATIONS_LOG_BUCKET/assignments/',
        's3://OPERATIONS_LOG_BUCKET/updates/'
    );

CREATE FILE FORMAT IF NOT EXISTS milkrun.raw.parquet
    TYPE = PARQUET
    USE_LOGICAL_TYPE = TRUE;

CREATE STAGE IF NOT EXISTS milkrun.raw.location_events
    URL = 's3://LAKE_BUCKET/location_events/'
    STORAGE_INTEGRATION = milkrun_lake
    FILE_FORMAT = (FORMAT_NAME = 'milkrun.raw.parquet');

CREATE STAGE IF NOT EXISTS milkrun.raw.assignments
    URL = 's3://OPERATIONS_LOG_BUCKET/assignments/'
    STORAGE_INTEGRATION = milkrun_lake
    FILE_FORMAT = (FORMAT_NAME = 'milkrun.raw.parquet');

CREATE STAGE IF NOT EXISTS milkrun.raw.updates
    URL = 's3://OPERATIONS_LOG_BUCKET/updates/'
    STORAGE_INTEGRATION = milkrun_lake
    FILE_FORMAT = (FORMAT_NAME = 'milkrun.raw.parquet');
