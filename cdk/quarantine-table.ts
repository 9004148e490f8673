import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { LakeDatabase } from './lake-database.ts';

/** Every code under which ingest files what it refuses; an unknown one would be in no partition. */
export const REASONS = [
  'not_json',
  'not_an_event',
  'nested_too_deeply',
  'too_many_events',
  'type_missing',
  'driver_missing',
  'identifier_malformed',
  'recorded_at_missing',
  'recorded_at_malformed',
  'recorded_at_in_future',
  'coordinates_missing',
  'coordinates_malformed',
  'latitude_out_of_range',
  'longitude_out_of_range',
];

const FAULTS = 'array<struct<index:int,event_id:string,reason:string,detail:string>>';

export interface QuarantineTableProps {
  readonly database: LakeDatabase;
  readonly bucket: IBucket;
}

/** Quarantined requests for SQL, one row for a request and a reason, by the day of arrival. */
export class QuarantineTable extends CfnTable {
  constructor(scope: Construct, id: string, props: QuarantineTableProps) {
    const location = props.bucket.s3UrlForObject('quarantine/');
    super(scope, id, {
      catalogId: props.database.account,
      databaseName: props.database.databaseName,
      tableInput: {
        name: 'quarantine',
        description: 'Requests that failed validation, whole: personal data',
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: [
          { name: 'reason', type: 'string', comment: 'What was wrong, as a code' },
          { name: 'dt', type: 'string', comment: 'Arrival day, UTC' },
        ],
        parameters: {
          classification: 'json',
          'projection.enabled': 'true',
          'projection.reason.type': 'enum',
          'projection.reason.values': REASONS.join(','),
          'projection.dt.type': 'date',
          'projection.dt.format': 'yyyy-MM-dd',
          'projection.dt.range': '2026-01-01,NOW',
          'storage.location.template': `${location}\${reason}/dt=\${dt}/`,
        },
        storageDescriptor: {
          columns: [
            { name: 'schema_version', type: 'int' },
            { name: 'route', type: 'string' },
            { name: 'request_id', type: 'string' },
            { name: 'received_at', type: 'string', comment: 'RFC 3339, UTC, our clock' },
            { name: 'faults', type: FAULTS },
            { name: 'headers', type: 'map<string,string>', comment: 'Without secret ones' },
            { name: 'body', type: 'string', comment: 'As it was received' },
            { name: 'body_base64', type: 'string', comment: 'Instead of body: it is not UTF-8' },
          ],
          location,
          inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
        },
      },
    });
  }
}
