import { expect, test } from 'vitest';
import { readable, withoutHash } from './readable.ts';
import { inLocal, inProd, type Resource } from './synthesized.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Each role's grants as `action on resource`, sorted. */
function grants(roles: Iterable<[string, Resource]>): Record<string, string[]> {
  return Object.fromEntries(
    [...roles].map(([id, role]) => {
      const statements = (role.Properties.Policies ?? []).flatMap(
        (policy: any) => policy.PolicyDocument.Statement,
      );
      const lines = statements.flatMap((statement: any) =>
        list(statement.Action).flatMap((action) =>
          list(statement.Resource).map((resource) => `${action} on ${readable(resource)}`),
        ),
      );
      return [withoutHash(id).replace(/Role$/, ''), lines.sort()];
    }),
  );
}

const OWN_LOG = (name: string) => [
  `logs:CreateLogStream on ${name}.Arn`,
  `logs:PutLogEvents on ${name}.Arn`,
];

test('each role has exactly the permissions that its work needs', () => {
  expect(grants(inProd().resources('AWS::IAM::Role'))).toEqual({
    Ingest: [
      'dynamodb:PutItem on LocationEvents.Arn',
      ...OWN_LOG('IngestLog'),
      's3:PutObject on QuarantineBucket.Arn/quarantine/*',
      'secretsmanager:GetSecretValue on RadarSecret.Id',
      'secretsmanager:GetSecretValue on StandardWebhooksSecret.Id',
    ],
    Relay: [
      'dynamodb:DescribeStream on LocationEvents.StreamArn',
      'dynamodb:GetRecords on LocationEvents.StreamArn',
      'dynamodb:GetShardIterator on LocationEvents.StreamArn',
      'dynamodb:ListStreams on LocationEvents.StreamArn',
      'events:PutEvents on Bus.Arn',
      'firehose:PutRecordBatch on DeliveryStream.Arn',
      ...OWN_LOG('RelayLog'),
      's3:ListBucket on RelayFailuresBucket.Arn',
      's3:PutObject on RelayFailuresBucket.Arn/*',
    ],
    LastLocation: [
      'dynamodb:Query on LocationEvents.Arn',
      'dynamodb:Query on LocationEvents.Arn/index/by_order',
      ...OWN_LOG('LastLocationLog'),
    ],
    Delivery: [
      'glue:GetTable on arn:aws:glue:us-east-1:333333333333:catalog',
      'glue:GetTable on arn:aws:glue:us-east-1:333333333333:database/LakeDatabase',
      'glue:GetTable on arn:aws:glue:us-east-1:333333333333:table/LakeDatabase/LakeTable',
      'glue:GetTableVersion on arn:aws:glue:us-east-1:333333333333:catalog',
      'glue:GetTableVersion on arn:aws:glue:us-east-1:333333333333:database/LakeDatabase',
      'glue:GetTableVersion on arn:aws:glue:us-east-1:333333333333:table/LakeDatabase/LakeTable',
      'glue:GetTableVersions on arn:aws:glue:us-east-1:333333333333:catalog',
      'glue:GetTableVersions on arn:aws:glue:us-east-1:333333333333:database/LakeDatabase',
      'glue:GetTableVersions on arn:aws:glue:us-east-1:333333333333:table/LakeDatabase/LakeTable',
      'logs:PutLogEvents on DeliveryLog.Arn',
      's3:AbortMultipartUpload on LakeBucket.Arn/errors/*',
      's3:AbortMultipartUpload on LakeBucket.Arn/location_events/*',
      's3:GetBucketLocation on LakeBucket.Arn',
      's3:GetObject on LakeBucket.Arn/errors/*',
      's3:GetObject on LakeBucket.Arn/location_events/*',
      's3:ListBucket on LakeBucket.Arn',
      's3:ListBucketMultipartUploads on LakeBucket.Arn',
      's3:PutObject on LakeBucket.Arn/errors/*',
      's3:PutObject on LakeBucket.Arn/location_events/*',
    ],
    // The gateway's account-wide logging role has AWS's own policy (see read-edge-api.ts).
    ReadEdgeApiCloudWatch: [],
  });
});

test('the store of signing ids adds one write, where the environment has it', () => {
  expect(grants(inLocal().resources('AWS::IAM::Role')).Ingest).toContain(
    'dynamodb:PutItem on SigningIds.Arn',
  );
  expect(inProd().resources('AWS::DynamoDB::GlobalTable').has('SigningIds')).toBe(false);
});

test('no permission hides outside the roles', () => {
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::User']) {
    expect([...inProd().resources(type).keys()]).toEqual([]);
  }
  const managed = [...inProd().resources('AWS::IAM::Role')].filter(
    ([, role]) => role.Properties.ManagedPolicyArns !== undefined,
  );
  expect(managed.map(([id]) => withoutHash(id))).toEqual(['ReadEdgeApiCloudWatchRole']);
});

test('the gateways may invoke their functions, through their own routes only', () => {
  const permissions = [...inProd().resources('AWS::Lambda::Permission').values()].map(
    ({ Properties: { Principal, FunctionName, SourceArn } }) =>
      `${Principal} → ${readable(FunctionName)} from ${readable(SourceArn)}`,
  );
  const gateway = 'arn:aws:execute-api:us-east-1:333333333333';
  expect(permissions.sort()).toEqual([
    `apigateway.amazonaws.com → IngestFunction.Arn from ${gateway}:WriteEdgeApi/*/*/v1/positions`,
    `apigateway.amazonaws.com → IngestFunction.Arn from ${gateway}:WriteEdgeApi/*/*/v1/webhooks/radar`,
    `apigateway.amazonaws.com → IngestFunction.Arn from ${gateway}:WriteEdgeApi/*/*/v1/webhooks/radar/{path_token}`,
    `apigateway.amazonaws.com → LastLocationFunction.Arn from ${gateway}:ReadEdgeApi/prod/*/*`,
  ]);
});
