import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { grants } from './grants.ts';
import { readable, withoutHash } from './readable.ts';
import { FUNCTIONS, inLocal, inProd, synthesize } from './synthesized.ts';

const OWN_LOG = (name: string) => [
  `logs:CreateLogStream on ${name}.Arn`,
  `logs:PutLogEvents on ${name}.Arn`,
];

/** X-Ray has no resource to name for writing traces. */
const TRACES = ['xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *'];

/** What CodeDeploy may do to let a function's new version take over. */
const CANARY = (name: string) => [
  'cloudwatch:DescribeAlarms on arn:aws:cloudwatch:us-east-1:333333333333:alarm:*',
  `lambda:GetAlias on ${name}Function.Arn`,
  `lambda:GetProvisionedConcurrencyConfig on ${name}Function.Arn:live`,
  `lambda:UpdateAlias on ${name}Function.Arn`,
];

/** What Firehose may do to write a table's files. */
const DELIVERY = (log: string, table: string, bucket: string, prefix: string) =>
  [
    ...['GetTable', 'GetTableVersion', 'GetTableVersions'].flatMap((action) =>
      ['catalog', 'database/LakeDatabase', `table/LakeDatabase/${table}`].map(
        (resource) => `glue:${action} on arn:aws:glue:us-east-1:333333333333:${resource}`,
      ),
    ),
    `logs:PutLogEvents on ${log}.Arn`,
    ...['GetBucketLocation', 'ListBucket', 'ListBucketMultipartUploads'].map(
      (action) => `s3:${action} on ${bucket}.Arn`,
    ),
    ...['AbortMultipartUpload', 'GetObject', 'PutObject'].flatMap((action) =>
      ['errors', prefix].map((place) => `s3:${action} on ${bucket}.Arn/${place}/*`),
    ),
  ].sort();

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
      'dynamodb:DescribeStream on DeliveryAssignments.StreamArn',
      'dynamodb:DescribeStream on LocationEvents.StreamArn',
      'dynamodb:GetRecords on DeliveryAssignments.StreamArn',
      'dynamodb:GetRecords on LocationEvents.StreamArn',
      'dynamodb:GetShardIterator on DeliveryAssignments.StreamArn',
      'dynamodb:GetShardIterator on LocationEvents.StreamArn',
      'dynamodb:ListStreams on DeliveryAssignments.StreamArn',
      'dynamodb:ListStreams on LocationEvents.StreamArn',
      'events:PutEvents on Bus.Arn',
      'firehose:PutRecordBatch on AssignmentsDeliveryStream.Arn',
      'firehose:PutRecordBatch on DeliveryStream.Arn',
      'firehose:PutRecordBatch on UpdatesDeliveryStream.Arn',
      ...OWN_LOG('RelayLog'),
      's3:ListBucket on RelayFailuresBucket.Arn',
      's3:PutObject on RelayFailuresBucket.Arn/*',
    ],
    LastLocation: [
      'dynamodb:Query on LocationEvents.Arn',
      'dynamodb:Query on LocationEvents.Arn/index/by_order',
      ...OWN_LOG('LastLocationLog'),
      ...TRACES,
    ],
    Dispatch: [
      'dynamodb:BatchGetItem on DeliveryAssignments.Arn',
      'dynamodb:Query on DeliveryAssignments.Arn/index/by_day',
      'dynamodb:Query on DeliveryAssignments.Arn/index/by_package',
      'dynamodb:UpdateItem on DeliveryAssignments.Arn',
      ...OWN_LOG('DispatchLog'),
      's3:GetObject on DispatchBucket.Arn/days/*',
      's3:GetObject on DispatchBucket.Arn/idempotency/*',
      's3:GetObject on DispatchBucket.Arn/plans/*',
      's3:GetObject on DispatchBucket.Arn/written/*',
      's3:GetObjectVersion on DispatchBucket.Arn/days/*',
      's3:ListBucket on DispatchBucket.Arn',
      's3:PutObject on DispatchBucket.Arn/days/*',
      's3:PutObject on DispatchBucket.Arn/idempotency/*',
      's3:PutObject on DispatchBucket.Arn/plans/*',
      's3:PutObject on DispatchBucket.Arn/written/*',
      ...TRACES,
    ],
    Analytics: [
      'dynamodb:GetItem on Aggregates.Arn',
      'dynamodb:Query on Aggregates.Arn',
      ...OWN_LOG('AnalyticsLog'),
      ...TRACES,
    ],
    AggregatorMinutes: [
      'dynamodb:DescribeStream on LocationEvents.StreamArn',
      'dynamodb:GetRecords on LocationEvents.StreamArn',
      'dynamodb:GetShardIterator on LocationEvents.StreamArn',
      'dynamodb:ListStreams on LocationEvents.StreamArn',
      'dynamodb:PutItem on Aggregates.Arn',
      'dynamodb:Query on LocationEvents.Arn',
      ...OWN_LOG('AggregatorMinutesLog'),
      's3:ListBucket on RelayFailuresBucket.Arn',
      's3:PutObject on RelayFailuresBucket.Arn/*',
    ],
    AggregatorDaily: [
      ...['GetQueryExecution', 'GetQueryResults', 'StartQueryExecution', 'StopQueryExecution'].map(
        (action) => `athena:${action} on arn:aws:athena:us-east-1:333333333333:workgroup/Workgroup`,
      ),
      'dynamodb:DeleteItem on Aggregates.Arn',
      'dynamodb:GetItem on Aggregates.Arn',
      'dynamodb:PutItem on Aggregates.Arn',
      'dynamodb:Query on Aggregates.Arn',
      'dynamodb:UpdateItem on Aggregates.Arn',
      'events:PutEvents on Bus.Arn',
      ...['GetDatabase', 'GetPartitions', 'GetTable'].flatMap((action) =>
        ['catalog', 'database/LakeDatabase', 'table/LakeDatabase/LakeTable'].map(
          (resource) => `glue:${action} on arn:aws:glue:us-east-1:333333333333:${resource}`,
        ),
      ),
      ...OWN_LOG('AggregatorDailyLog'),
      's3:AbortMultipartUpload on LakeBucket.Arn/athena-results/*',
      's3:GetBucketLocation on LakeBucket.Arn',
      's3:GetObject on LakeBucket.Arn/athena-results/*',
      's3:GetObject on LakeBucket.Arn/location_events/*',
      's3:ListBucket on LakeBucket.Arn',
      's3:ListBucket on QuarantineBucket.Arn',
      's3:PutObject on LakeBucket.Arn/athena-results/*',
      's3:PutObject on LakeBucket.Arn/reports/daily/*',
      'sqs:SendMessage on AggregatorDailyDeadLetters.Arn',
    ],
    AggregatorDailySchedule: [
      'lambda:InvokeFunction on AggregatorDailyLive',
      'sqs:SendMessage on AggregatorDailyDeadLetters.Arn',
    ],
    Delivery: DELIVERY('DeliveryLog', 'LakeTable', 'LakeBucket', 'location_events'),
    AssignmentsDelivery: DELIVERY(
      'AssignmentsDeliveryLog',
      'LakeAssignments',
      'OperationsLogBucket',
      'assignments',
    ),
    UpdatesDelivery: DELIVERY(
      'UpdatesDeliveryLog',
      'LakeUpdates',
      'OperationsLogBucket',
      'updates',
    ),
    ...Object.fromEntries(Object.keys(FUNCTIONS).map((name) => [`${name}Canary`, CANARY(name)])),
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

test('without stored reports, no report can be written', () => {
  const unstored = { ...prod, analytics: { ...prod.analytics, storeReports: false } };
  const { AggregatorDaily } = grants(synthesize(unstored).resources('AWS::IAM::Role'));
  expect(AggregatorDaily?.filter((grant) => grant.includes('reports'))).toEqual([]);
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
    `apigateway.amazonaws.com → AnalyticsLive from ${gateway}:ReadEdgeApi/prod/*/*`,
    `apigateway.amazonaws.com → DispatchLive from ${gateway}:ReadEdgeApi/prod/*/*`,
    `apigateway.amazonaws.com → IngestLive from ${gateway}:WriteEdgeApi/*/*/v1/positions`,
    `apigateway.amazonaws.com → IngestLive from ${gateway}:WriteEdgeApi/*/*/v1/webhooks/radar`,
    `apigateway.amazonaws.com → IngestLive from ${gateway}:WriteEdgeApi/*/*/v1/webhooks/radar/{path_token}`,
    `apigateway.amazonaws.com → LastLocationLive from ${gateway}:ReadEdgeApi/prod/*/*`,
  ]);
});
