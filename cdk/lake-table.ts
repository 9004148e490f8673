import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

const STRING_COLUMNS = [
  'event_id',
  'source',
  'event_type',
  'kind',
  'driver_id',
  'external_driver_id',
  'order_id',
  'trip_id',
  'geofence_id',
  'geofence_tag',
  'geofence_external_id',
];
const NUMBER_COLUMNS = [
  'latitude',
  'longitude',
  'accuracy_m',
  'altitude_m',
  'speed_mps',
  'heading_deg',
  'battery_pct',
];

const columns: CfnTable.ColumnProperty[] = [
  { name: 'schema_version', type: 'int' },
  ...STRING_COLUMNS.map((name) => ({ name, type: 'string' })),
  ...NUMBER_COLUMNS.map((name) => ({ name, type: 'double' })),
  { name: 'recorded_at', type: 'timestamp', comment: "UTC, the device's clock" },
  { name: 'received_at', type: 'timestamp', comment: 'UTC, our clock' },
  { name: 'live', type: 'boolean', comment: 'false: test traffic' },
  { name: 'attributes', type: 'string', comment: 'JSON of every other input field' },
];

/**
 * The lake's one table. Partitions are arrival days and are computed from the query, not registered:
 * a new day needs no crawler.
 */
export class LakeTable extends Construct {
  static readonly DATABASE = 'milkrun';
  static readonly TABLE = 'location_events';
  readonly databaseName: string;
  readonly tableName: string;

  constructor(scope: Construct, id: string, account: string, lake: IBucket) {
    super(scope, id);
    const location = lake.s3UrlForObject(`${LakeTable.TABLE}/`);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: { name: LakeTable.DATABASE, description: "milkrun's lake" },
    });
    const table = new CfnTable(this, 'Table', {
      catalogId: account,
      databaseName: database.ref,
      tableInput: {
        name: LakeTable.TABLE,
        description: 'Location events as delivered, repeats included: event_id is the key',
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
          columns,
          location,
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: {
            serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
          },
        },
      },
    });
    this.databaseName = database.ref;
    this.tableName = table.ref;
  }
}
