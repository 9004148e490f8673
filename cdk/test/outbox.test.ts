import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { local } from '../../environments/local.ts';
import { repository } from '../repository.ts';
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

test('the table has the columns that the relay writes, and computes its partitions', () => {
  const { TableInput } = inProd().only('AWS::Glue::Table').Properties;
  const columns: { Name: string; Type: string }[] = TableInput.StorageDescriptor.Columns;
  const source = readFileSync(repository('crates/location-event/src/lake.rs'), 'utf8');
  const written = /COLUMNS: \[&str; \d+\] = \[([^\]]*)\]/.exec(source)?.[1] ?? '';
  expect(columns.map((column) => column.Name)).toEqual(
    [...written.matchAll(/"(\w+)"/g)].map(([, name]) => name),
  );
  const typed = (type: string) => columns.filter((column) => column.Type === type).length;
  expect(['string', 'double', 'timestamp', 'boolean', 'int'].map(typed)).toEqual([12, 7, 2, 1, 1]);
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
