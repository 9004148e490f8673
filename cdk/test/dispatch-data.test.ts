import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { readable, withoutHash } from './readable.ts';
import { appOf, inProd, ROLES, synthesize } from './synthesized.ts';

const byTerraform = { ...prod, dispatchData: 'terraform' as const };

test('Terraform makes the table and the bucket, and leaves their names in parameters', () => {
  const { Resources, Parameters } = synthesize(byTerraform).templates.data.toJSON();
  const missing = Object.keys(inProd().templates.data.toJSON().Resources).filter(
    (id) => !(id in Resources),
  );
  expect(missing.map(withoutHash)).toEqual([
    'DeliveryAssignments',
    'OperationsLogBucket',
    'OperationsLogBucketPolicy',
  ]);
  const parameter = (name: string) => ({
    Type: 'AWS::SSM::Parameter::Value<String>',
    Default: `/milkrun/prod/dispatch/${name}`,
  });
  expect(Parameters).toMatchObject({
    AssignmentsTableName: parameter('assignments-table-name'),
    AssignmentsTableStreamArn: parameter('assignments-table-stream-arn'),
    OperationsLogBucketName: parameter('operations-log-bucket-name'),
  });
});

/** A template with its references as a person would write them. */
function written(template: unknown): unknown {
  if (Array.isArray(template)) {
    return template.map(written);
  }
  if (typeof template !== 'object' || template === null) {
    return template;
  }
  const [[name, ...more]] = [Object.keys(template)];
  return more.length === 0 && /^(Ref|Fn::(GetAtt|Join|ImportValue|Select))$/.test(name ?? '')
    ? readable(template)
    : Object.fromEntries(Object.entries(template).map(([key, value]) => [key, written(value)]));
}

const others = ROLES.filter((role) => role !== 'data');
test.each(others)('whoever makes them, %s is the same but for their names', (role) => {
  const text = (environment: typeof prod) =>
    JSON.stringify(written(synthesize(environment).templates[role].toJSON()), undefined, 1)
      // A function's version, of its settings as well.
      .replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1');
  // The CDK sorts a statement's resources by what they are called.
  const lines = (template: string) => template.replaceAll(',\n', '\n').split('\n').sort();
  const renamed = text(prod)
    .replaceAll('DeliveryAssignments.StreamArn', 'AssignmentsTableStreamArn')
    .replaceAll(
      'DeliveryAssignments.Arn',
      'arn:aws:dynamodb:us-east-1:333333333333:table/AssignmentsTableName',
    )
    .replaceAll('"DeliveryAssignments"', '"AssignmentsTableName"')
    .replaceAll('OperationsLogBucket.Arn', 'arn:aws:s3:::OperationsLogBucketName')
    .replaceAll('s3://OperationsLogBucket/', 's3://OperationsLogBucketName/');
  expect(lines(text(byTerraform))).toEqual(lines(renamed));
});

test('what Terraform makes passes the checks of the templates that use it', () => {
  expect(() => appOf(byTerraform).synth()).not.toThrow();
});

// The list that infra/ follows, and a test against the emulator holds it to.
test('the table of assignments that Terraform has to make alike', () => {
  const table = inProd().resources('AWS::DynamoDB::GlobalTable').get('DeliveryAssignments');
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
  const key = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
  const index = (IndexName: string, KeySchema: object[]) => ({
    IndexName,
    KeySchema,
    Projection: { ProjectionType: 'KEYS_ONLY' },
  });
  expect(table?.Properties).toEqual({
    AttributeDefinitions: [text('driver_id'), text('package_id'), text('date')],
    KeySchema: key('driver_id', 'package_id'),
    GlobalSecondaryIndexes: [
      index('by_day', key('driver_id', 'date')),
      index('by_package', key('package_id', 'date')),
    ],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    SSESpecification: { SSEEnabled: false },
    Replicas: [
      {
        Region: 'us-east-1',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        GlobalSecondaryIndexes: [{ IndexName: 'by_day' }, { IndexName: 'by_package' }],
      },
    ],
  });
});

test('the bucket of the operations log that Terraform has to make alike', () => {
  const bucket = inProd().resources('AWS::S3::Bucket').get('OperationsLogBucket');
  expect(bucket?.Properties).toEqual({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
      ],
    },
    LifecycleConfiguration: {
      Rules: [
        { Id: 'expire', ExpirationInDays: prod.retentionDays.operationsLog, Status: 'Enabled' },
        {
          Id: 'unfinished-uploads',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          Status: 'Enabled',
        },
      ],
    },
    LoggingConfiguration: expect.anything(),
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  });
});
