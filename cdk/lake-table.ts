import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { LakeDatabase } from './lake-database.ts';

/** What a table holds: its rows are the Parquet files under a prefix of the same name. */
export interface LakeTableContent {
  readonly name: string;
  readonly description: string;
  readonly columns: CfnTable.ColumnProperty[];
}

const strings = (...names: string[]) => names.map((name) => ({ name, type: 'string' }));
const numbers = (...names: string[]) => names.map((name) => ({ name, type: 'double' }));

export const LOCATION_EVENTS: LakeTableContent = {
  name: 'location_events',
  description:
    'Location events as delivered, repeats included: driver_id, recorded_at, event_id are the key',
  columns: [
    { name: 'schema_version', type: 'int' },
    ...strings('event_id', 'source', 'event_type', 'kind', 'driver_id', 'external_driver_id'),
    ...strings('order_id', 'trip_id', 'geofence_id', 'geofence_tag', 'geofence_external_id'),
    ...numbers('latitude', 'longitude', 'accuracy_m', 'altitude_m', 'speed_mps', 'heading_deg'),
    ...numbers('battery_pct'),
    { name: 'recorded_at', type: 'timestamp', comment: "UTC, the device's clock" },
    { name: 'received_at', type: 'timestamp', comment: 'UTC, our clock' },
    { name: 'live', type: 'boolean', comment: 'false: test traffic' },
    { name: 'attributes', type: 'string', comment: 'JSON of every other input field' },
    { name: 'flags', type: 'string', comment: 'What makes it doubtful, joined by commas' },
  ],
};

const DELIVERY_COLUMNS: CfnTable.ColumnProperty[] = [
  { name: 'schema_version', type: 'int' },
  ...strings('event_id'),
  { name: 'date', type: 'string', comment: 'Day of the delivery, where the couriers are' },
  ...strings('driver_id', 'package_id', 'status', 'previous_status', 'run_id', 'by', 'reason'),
  ...strings('proof'),
  { name: 'at', type: 'timestamp', comment: 'UTC, our clock' },
  { name: 'occurred_at', type: 'timestamp', comment: "UTC, the reporter's clock" },
];

export const ASSIGNMENTS: LakeTableContent = {
  name: 'assignments',
  description: 'Packages assigned to drivers, repeats included: event_id is the key',
  columns: [
    ...DELIVERY_COLUMNS,
    ...numbers('weight_kg', 'volume_m3', 'distance_km'),
    ...strings('region'),
  ],
};

export const UPDATES: LakeTableContent = {
  name: 'updates',
  description: 'Changes of status of deliveries, repeats included: event_id is the key',
  columns: DELIVERY_COLUMNS,
};

/**
 * A table of the lake over a bucket. Partitions are arrival days and are computed from the query, not
 * registered: a new day needs no crawler.
 */
export class LakeTable extends CfnTable {
  readonly bucket: IBucket;
  /** Where in the bucket its files are. */
  readonly prefix: string;

  constructor(database: LakeDatabase, id: string, bucket: IBucket, content: LakeTableContent) {
    const prefix = `${content.name}/`;
    const location = bucket.s3UrlForObject(prefix);
    super(database, id, {
      catalogId: database.account,
      databaseName: database.databaseName,
      tableInput: {
        name: content.name,
        description: content.description,
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: [{ name: 'dt', type: 'string', comment: 'Arrival day, UTC' }],
        parameters: {
          classification: 'parquet',
          'projection.enabled': 'true',
          'projection.dt.type': 'date',
          'projection.dt.format': 'yyyy-MM-dd',
          'projection.dt.range': '2026-01-01,NOW',
          'storage.location.template': `${location}dt=\${dt}/`,
        },
        storageDescriptor: {
          columns: content.columns,
          location,
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: {
            serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
          },
        },
      },
    });
    this.bucket = bucket;
    this.prefix = prefix;
  }
}
