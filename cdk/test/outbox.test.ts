import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { local } from '../../environments/local.ts';
import { readable, withoutHash } from './readable.ts';
import { inLocal, inProd, synthesize } from './synthesized.ts';

test('every queue but a dead-letter queue has one, and so has every rule', () => {
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
  for (const [id, rule] of inProd().resources('AWS::Events::Rule')) {
    for (const target of rule.Properties.Targets) {
      expect(readable(target.DeadLetterConfig.Arn), id).toBe('CrossingsDeadLetters.Arn');
    }
  }
});

test('the example subscriber receives live crossings from the bus', () => {
  const rule = inProd().only('AWS::Events::Rule').Properties;
  expect(rule.EventPattern).toEqual({
    source: ['milkrun'],
    'detail-type': ['geofence.entered', 'geofence.exited', 'geofence.dwelled'],
    detail: { live: [true] },
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

test('Firehose writes Parquet by arrival day, by the schema of the table that is queried', () => {
  const destination = inProd().only('AWS::KinesisFirehose::DeliveryStream').Properties
    .ExtendedS3DestinationConfiguration;
  expect(readable(destination.BucketARN)).toBe('LakeBucket.Arn');
  expect(destination).toMatchObject({
    Prefix: 'location_events/dt=!{timestamp:yyyy-MM-dd}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
    BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 128 },
  });
  const { SchemaConfiguration } = destination.DataFormatConversionConfiguration;
  expect(readable(SchemaConfiguration.TableName)).toBe('LakeTable');
});

test('the table has the columns of the canonical event and computes its partitions', () => {
  const { TableInput } = inProd().only('AWS::Glue::Table').Properties;
  const columns = TableInput.StorageDescriptor.Columns.map(
    (column: any) => `${column.Name} ${column.Type}`,
  );
  expect(columns).toEqual([
    'schema_version int',
    ...[
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
    ].map((name) => `${name} string`),
    ...[
      'latitude',
      'longitude',
      'accuracy_m',
      'altitude_m',
      'speed_mps',
      'heading_deg',
      'battery_pct',
    ].map((name) => `${name} double`),
    'recorded_at timestamp',
    'received_at timestamp',
    'live boolean',
    'attributes string',
  ]);
  expect(TableInput.Parameters).toMatchObject({
    'projection.enabled': 'true',
    'projection.dt.type': 'date',
    'projection.dt.format': 'yyyy-MM-dd',
  });
  expect(readable(TableInput.Parameters['storage.location.template'])).toBe(
    `s3://LakeBucket/location_events/dt=\${dt}/`,
  );
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
