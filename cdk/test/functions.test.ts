import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { prod } from '../../environments/prod.ts';
import { repository } from '../repository.ts';
import { RustFunction, type RustFunctionProps } from '../rust-function.ts';
import { readable, withoutHash } from './readable.ts';
import { FUNCTIONS, functionsDirectory, inProd, synthesize } from './synthesized.ts';

test.each(environments)(
  'functions of $name have exactly the variables they read',
  (environment) => {
    const lambdas = [...synthesize(environment).resources('AWS::Lambda::Function')];
    expect(lambdas).toHaveLength(Object.keys(FUNCTIONS).length);
    for (const [construct, name] of Object.entries(FUNCTIONS)) {
      const [, lambda] = lambdas.find(([id]) => id.startsWith(`${construct}Function`)) ?? [];
      const declared = JSON.parse(
        readFileSync(repository(`functions/${name}/environment.json`), 'utf8'),
      );
      const optional = declared.optional.filter(
        (variable: string) =>
          ({
            SIGNING_IDS_TABLE: environment.ingest.storeSigningIds,
            REPORTS_BUCKET: environment.analytics.storeReports,
          })[variable],
      );
      expect(Object.keys(lambda?.Properties.Environment.Variables).sort(), name).toEqual(
        [...declared.required, ...optional].sort(),
      );
    }
  },
);

test('variables point at what they name', () => {
  const variables = [...inProd().resources('AWS::Lambda::Function').values()].flatMap((lambda) =>
    Object.entries(lambda.Properties.Environment.Variables).map(
      ([name, value]) => `${name}=${readable(value)}`,
    ),
  );
  expect([...new Set(variables)].sort()).toEqual([
    'AGGREGATES_TABLE=Aggregates',
    'ASSIGNMENTS_LOG_STREAM=AssignmentsDeliveryStream',
    'ASSIGNMENTS_TABLE=DeliveryAssignments',
    'ASSIGNMENT_RETENTION_DAYS=90',
    'ATHENA_WORKGROUP=Workgroup',
    'BUILD_VERSION=test',
    'BUS_NAME=Bus',
    'DAY_RETENTION_DAYS=1825',
    'DELIVERY_STREAM=DeliveryStream',
    'DISPATCH_BUCKET=DispatchBucket',
    'EVENTS_TABLE=LocationEvents',
    'EVENT_RETENTION_DAYS=30',
    'GLUE_DATABASE=LakeDatabase',
    'LAKE_RETENTION_DAYS=730',
    'LATE_DAYS=3',
    'MINUTE_RETENTION_DAYS=30',
    'QUARANTINE_BUCKET=QuarantineBucket',
    'QUARANTINE_RETENTION_DAYS=90',
    'QUARANTINE_STATUS=reject',
    'RADAR_SECRET_ID=RadarSecret.Id',
    'REPORTS_BUCKET=LakeBucket',
    'STANDARD_WEBHOOKS_SECRET_ID=StandardWebhooksSecret.Id',
    'TIME_ZONE=America/New_York',
    'UPDATES_LOG_STREAM=UpdatesDeliveryStream',
  ]);
});

test('functions are arm64 binaries with their own memory and time limit', () => {
  const limits: Record<string, object> = {
    IngestFunction: { MemorySize: 256, Timeout: 10, ReservedConcurrentExecutions: 200 },
    RelayFunction: { MemorySize: 256, Timeout: 60 },
    LastLocationFunction: { MemorySize: 256, Timeout: 10 },
    // The longest that the gateway waits, and one whole CPU.
    DispatchFunction: { MemorySize: 1769, Timeout: 29 },
    AggregatorMinutesFunction: { MemorySize: 256, Timeout: 60 },
    // The longest that Lambda allows: it waits for Athena.
    AggregatorDailyFunction: { MemorySize: 512, Timeout: 900 },
    AnalyticsFunction: { MemorySize: 256, Timeout: 10 },
  };
  for (const [id, lambda] of inProd().resources('AWS::Lambda::Function')) {
    expect(lambda.Properties, id).toMatchObject({
      Runtime: 'provided.al2023',
      Handler: 'bootstrap',
      Architectures: ['arm64'],
      ...limits[withoutHash(id)],
    });
    expect(limits).toHaveProperty(withoutHash(id));
    if (withoutHash(id) !== 'IngestFunction') {
      expect(lambda.Properties, id).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  }
});

const RELAY_VARIABLES = {
  ASSIGNMENTS_LOG_STREAM: 'a',
  ASSIGNMENTS_TABLE: 't',
  BUS_NAME: 'b',
  DELIVERY_STREAM: 's',
  UPDATES_LOG_STREAM: 'u',
};

function relay(overrides: Partial<RustFunctionProps>, directory = functionsDirectory) {
  const stack = new Stack(new App(), 'Alone');
  const deployment = {
    environment: { ...prod, tracing: 1, rollout: undefined },
    functionsDirectory: directory,
    buildVersion: 'test',
  };
  new RustFunction(stack, 'Relay', deployment, {
    name: 'relay',
    description: 'A test',
    size: { memoryMb: 512, reservedConcurrency: 3 },
    timeout: Duration.seconds(1),
    variables: RELAY_VARIABLES,
    permissions: [],
    errorsMeanForUsers: 'Nothing at all.',
    ...overrides,
  });
  return Template.fromStack(stack);
}

test('a variable too many or too few is refused at synthesis, by name', () => {
  const { DELIVERY_STREAM: _, ...others } = RELAY_VARIABLES;
  expect(() => relay({ variables: { ...others, BUS: 'b' } })).toThrow(
    "relay's variables differ from functions/relay/environment.json: missing [DELIVERY_STREAM], unknown [BUS]",
  );
});

test('a function that is not built is refused at synthesis, with the command that builds it', () => {
  const empty = mkdtempSync(`${tmpdir()}/milkrun-empty-`);
  expect(() => relay({}, empty)).toThrow(/relay has no "bootstrap": run `make functions` first/);
});

test('tracing and concurrency are the environment’s choice; X-Ray is the one wildcard', () => {
  const template = relay({ traced: true });
  template.hasResourceProperties('AWS::Lambda::Function', {
    TracingConfig: { Mode: 'Active' },
    MemorySize: 512,
    ReservedConcurrentExecutions: 3,
  });
  const [role] = Object.values(template.findResources('AWS::IAM::Role'));
  const statements = role?.Properties.Policies[0].PolicyDocument.Statement;
  expect(statements.filter((statement: any) => statement.Resource === '*')).toEqual([
    {
      Effect: 'Allow',
      Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      Resource: '*',
    },
  ]);
});
