import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { local } from '../../environments/local.ts';
import { repository } from '../repository.ts';
import { readable, withoutHash } from './readable.ts';
import { inLocal, inProd, synthesize } from './synthesized.ts';

test("every queue but a dead-letter queue has one, and so has the subscriber's rule", () => {
  for (const [id, queue] of inProd().resources('AWS::SQS::Queue')) {
    const redrive = queue.Properties.RedrivePolicy;
    if (withoutHash(id).endsWith('DeadLetters')) {
      expect(queue.Properties.MessageRetentionPeriod, id).toBe(14 * 86_400);
    } else {
      expect(readable(redrive.deadLetterTargetArn), id).toBe('CrossingsDeadLetters.Arn');
      expect(redrive.maxReceiveCount, id).toBe(5);
    }
    expect(queue.Properties.SqsManagedSseEnabled, id).toBe(true);
  }
  const [target] = named('AWS::Events::Rule', 'CrossingsRule').Targets;
  expect(readable(target.DeadLetterConfig.Arn)).toBe('CrossingsDeadLetters.Arn');
});

test('the example subscriber receives live crossings from the bus', () => {
  const rule = named('AWS::Events::Rule', 'CrossingsRule');
  expect(rule.EventPattern).toEqual({
    source: ['milkrun'],
    'detail-type': ['geofence.entered', 'geofence.exited', 'geofence.dwelled'],
    detail: { live: [true, { exists: false }] },
  });
  expect(readable(rule.EventBusName)).toBe('Bus');
  expect(inProd().only('AWS::Events::EventBus').Properties.Name).toBe('milkrun');
});

test('the bus keeps events for replay on AWS; the emulator has no archives', () => {
  for (const environment of environments) {
    const archives = [...synthesize(environment).resources('AWS::Events::Archive').values()];
    expect(
      archives.map((archive) => archive.Properties.RetentionDays),
      environment.name,
    ).toEqual(environment === local ? [] : [environment.bus.archiveDays]);
  }
});

/** What Firehose delivers: where from, of which table, in which bucket. */
const DELIVERIES = [
  ['DeliveryStream', 'LakeTable', 'LakeBucket', 'location_events'],
  ['AssignmentsDeliveryStream', 'LakeAssignments', 'OperationsLogBucket', 'assignments'],
  ['UpdatesDeliveryStream', 'LakeUpdates', 'OperationsLogBucket', 'updates'],
] as const;

/** The only resource of a type that has this logical id, but for its hash. */
function named(type: string, id: string): Record<string, any> {
  const found = [...inProd().resources(type)].find(([logicalId]) => withoutHash(logicalId) === id);
  return found?.[1].Properties ?? {};
}

test.each(DELIVERIES)(
  '%s writes Parquet by arrival day, by the schema of the table that is queried',
  (stream, table, bucket, name) => {
    const destination = named(
      'AWS::KinesisFirehose::DeliveryStream',
      stream,
    ).ExtendedS3DestinationConfiguration;
    expect(readable(destination.BucketARN)).toBe(`${bucket}.Arn`);
    expect(destination).toMatchObject({
      Prefix: `${name}/dt=!{timestamp:yyyy-MM-dd}/`,
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
      BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 128 },
    });
    const { SchemaConfiguration } = destination.DataFormatConversionConfiguration;
    expect(readable(SchemaConfiguration.DatabaseName)).toBe('LakeDatabase');
    expect(readable(SchemaConfiguration.TableName)).toBe(table);
  },
);

test.each(DELIVERIES)('the table of %s computes its partitions', (_stream, table, bucket, name) => {
  const { DatabaseName, TableInput } = named('AWS::Glue::Table', table);
  expect(readable(DatabaseName)).toBe('LakeDatabase');
  expect(inProd().only('AWS::Glue::Database').Properties.DatabaseInput.Name).toBe('milkrun');
  expect(TableInput.Name).toBe(name);
  expect(TableInput.Parameters).toMatchObject({
    'projection.enabled': 'true',
    'projection.dt.type': 'date',
    'projection.dt.format': 'yyyy-MM-dd',
  });
  expect(readable(TableInput.Parameters['storage.location.template'])).toBe(
    `s3://${bucket}/${name}/dt=\${dt}/`,
  );
  expect(readable(TableInput.StorageDescriptor.Location)).toBe(`s3://${bucket}/${name}/`);
});

test.each([
  ['LakeTable', 'crates/location-event/src/lake.rs', 'COLUMNS', [13, 7, 2, 1, 1]],
  [
    'LakeAssignments',
    'crates/delivery/src/operations_log.rs',
    'ASSIGNMENTS_COLUMNS',
    [11, 3, 2, 0, 1],
  ],
  ['LakeUpdates', 'crates/delivery/src/operations_log.rs', 'UPDATES_COLUMNS', [10, 0, 2, 0, 1]],
])('%s has the columns that the relay writes', (table, path, constant, typed) => {
  const columns: { Name: string; Type: string }[] = named('AWS::Glue::Table', table).TableInput
    .StorageDescriptor.Columns;
  const source = readFileSync(repository(path), 'utf8');
  const written = new RegExp(` ${constant}: \\[&str; \\d+\\] = \\[([^\\]]*)\\]`).exec(source)?.[1];
  expect(columns.map((column) => column.Name)).toEqual(
    [...(written ?? '').matchAll(/"(\w+)"/g)].map(([, name]) => name),
  );
  const count = (type: string) => columns.filter((column) => column.Type === type).length;
  expect(['string', 'double', 'timestamp', 'boolean', 'int'].map(count)).toEqual(typed);
});

test('queries are capped, and their results are encrypted and expire', () => {
  const { WorkGroupConfiguration: settings } = inLocal().only('AWS::Athena::WorkGroup').Properties;
  expect(settings).toMatchObject({
    EnforceWorkGroupConfiguration: true,
    BytesScannedCutoffPerQuery: local.lake.queryScanLimitMb * 1_000_000,
    ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
  });
  expect(readable(settings.ResultConfiguration.OutputLocation)).toBe(
    's3://LakeBucket/athena-results/',
  );
  const rules = inProd().resources('AWS::S3::Bucket').get('LakeBucket')?.Properties
    .LifecycleConfiguration.Rules;
  expect(rules).toContainEqual(
    expect.objectContaining({ Prefix: 'athena-results/', ExpirationInDays: 7 }),
  );
});
