import type { Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { local } from '../../environments/local.ts';
import { prod } from '../../environments/prod.ts';
import type { Environment } from '../environment.ts';
import { appOf, inLocal, inProd, synthesize } from './synthesized.ts';

const STATEFUL = ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];

test('stateful resources keep their logical ids: another id is another, empty resource', () => {
  const ids = STATEFUL.flatMap((type) => [...inLocal().resources(type).keys()]);
  expect(ids.sort()).toEqual([
    'AccessLogsBucket',
    'Aggregates',
    'DeliveryAssignments',
    'DispatchBucket',
    'LakeBucket',
    'LocationEvents',
    'OperationsLogBucket',
    'QuarantineBucket',
    'RadarSecret',
    'RelayFailuresBucket',
    'SigningIds',
    'StandardWebhooksSecret',
  ]);
});

test('prod retains everything stateful, and all of it is in the data stack', () => {
  const inDataStack = inProd().templates.data.toJSON().Resources;
  for (const type of STATEFUL) {
    for (const [id, resource] of inProd().resources(type)) {
      expect(inDataStack, id).toHaveProperty(id);
      expect(resource.DeletionPolicy, id).toBe('Retain');
      expect(resource.UpdateReplacePolicy, id).toBe('Retain');
    }
  }
});

test('prod refuses to delete its tables and its stacks', () => {
  for (const [id, table] of inProd().resources('AWS::DynamoDB::GlobalTable')) {
    expect(table.Properties.Replicas[0].DeletionProtectionEnabled, id).toBe(true);
  }
  for (const child of appOf({ ...prod, templateChecks: false }).node.children) {
    expect((child as Stack).terminationProtection, child.node.id).toBe(true);
  }
});

test('every table can be restored to any second, and expires its items', () => {
  for (const [id, table] of inLocal().resources('AWS::DynamoDB::GlobalTable')) {
    const { Replicas, TimeToLiveSpecification } = table.Properties;
    expect(Replicas[0].PointInTimeRecoverySpecification, id).toEqual({
      PointInTimeRecoveryEnabled: true,
    });
    expect(TimeToLiveSpecification, id).toEqual({ AttributeName: 'expires_at', Enabled: true });
  }
});

test('local can be torn down', () => {
  expect(Object.values(local.protection)).not.toContain(true);
  for (const type of STATEFUL) {
    for (const [id, resource] of inLocal().resources(type)) {
      expect(resource.DeletionPolicy, id).toBe('Delete');
    }
  }
});

test('buckets are encrypted, closed to the public, logged, and everything in them expires', () => {
  for (const [id, bucket] of inProd().resources('AWS::S3::Bucket')) {
    const properties = bucket.Properties;
    expect(properties.BucketEncryption, id).toBeDefined();
    expect(Object.values(properties.PublicAccessBlockConfiguration), id).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(properties.LoggingConfiguration === undefined, id).toBe(id === 'AccessLogsBucket');
    const rules: any[] = properties.LifecycleConfiguration.Rules;
    expect(
      rules.some((rule) => rule.ExpirationInDays > 0),
      id,
    ).toBe(true);
  }
});

test('reports last as long as the numbers that they show', () => {
  const lake = inProd().resources('AWS::S3::Bucket').get('LakeBucket')?.Properties;
  expect(lake?.LifecycleConfiguration.Rules).toContainEqual({
    Id: 'reports',
    Prefix: 'reports/',
    ExpirationInDays: prod.retentionDays.days,
    Status: 'Enabled',
  });
});

test('replaced lists can be had back, and idempotent answers do not last', () => {
  const buckets = inProd().resources('AWS::S3::Bucket');
  const versioned = [...buckets].filter(([, { Properties }]) => Properties.VersioningConfiguration);
  expect(versioned.map(([id]) => id)).toEqual(['DispatchBucket']);
  const { LifecycleConfiguration, VersioningConfiguration } =
    buckets.get('DispatchBucket')?.Properties ?? {};
  expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
  const expiring = (days: number) => ({
    ExpirationInDays: days,
    NoncurrentVersionExpiration: { NoncurrentDays: days },
    Status: 'Enabled',
  });
  expect(LifecycleConfiguration.Rules).toEqual([
    { Id: 'expire', ...expiring(prod.retentionDays.dispatchLists) },
    { Id: 'idempotency', Prefix: 'idempotency/', ...expiring(2) },
    expect.objectContaining({ Id: 'unfinished-uploads' }),
  ]);
});

test('assignments are found by driver, by a driver’s day and by package', () => {
  const table = inProd().resources('AWS::DynamoDB::GlobalTable').get('DeliveryAssignments');
  const keys = ({ KeySchema }: any) => KeySchema.map((key: any) => key.AttributeName);
  expect(keys(table?.Properties)).toEqual(['driver_id', 'package_id']);
  expect(
    table?.Properties.GlobalSecondaryIndexes.map((index: any) => [
      index.IndexName,
      keys(index),
      index.Projection,
    ]),
  ).toEqual([
    ['by_day', ['driver_id', 'date'], { ProjectionType: 'KEYS_ONLY' }],
    ['by_package', ['package_id', 'date'], { ProjectionType: 'KEYS_ONLY' }],
  ]);
});

test('the table of assignments and its indexes are warmed, where the environment says so', () => {
  const throughputs = (environment: Environment) => {
    const tables = synthesize(environment).resources('AWS::DynamoDB::GlobalTable');
    const { WarmThroughput, GlobalSecondaryIndexes } =
      tables.get('DeliveryAssignments')?.Properties ?? {};
    return [WarmThroughput, ...GlobalSecondaryIndexes.map((index: any) => index.WarmThroughput)];
  };
  const warm = { WriteUnitsPerSecond: 20_000 };
  expect(throughputs({ ...prod, dispatch: { warmWritesPerSecond: 20_000 } })).toEqual([
    warm,
    warm,
    warm,
  ]);
  expect(throughputs(prod)).toEqual([undefined, undefined, undefined]);
});

const onAws = environments.filter((environment) => environment !== local);
test.each(onAws)('buckets and queues of $name refuse requests without TLS', (environment) => {
  const synthesized = synthesize(environment);
  const guarded = (policyType: string, target: (properties: any) => any[]) =>
    [...synthesized.resources(policyType).values()]
      .filter(({ Properties }) =>
        Properties.PolicyDocument.Statement.some(
          (statement: any) =>
            statement.Effect === 'Deny' &&
            /^(s3|sqs):\*$/.test(statement.Action) &&
            statement.Principal.AWS === '*' &&
            statement.Condition?.Bool?.['aws:SecureTransport'] === 'false',
        ),
      )
      .flatMap(({ Properties }) => target(Properties).map((reference) => reference.Ref))
      .sort();
  expect(guarded('AWS::S3::BucketPolicy', (policy) => [policy.Bucket])).toEqual(
    [...synthesized.resources('AWS::S3::Bucket').keys()].sort(),
  );
  expect(guarded('AWS::SQS::QueuePolicy', (policy) => policy.Queues)).toEqual(
    [...synthesized.resources('AWS::SQS::Queue').keys()].sort(),
  );
});
