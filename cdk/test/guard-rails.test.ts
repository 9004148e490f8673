// What cdk-nag is blind to, in every environment on AWS.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { repository } from '../repository.ts';
import { grants } from './grants.ts';
import { readable, withoutHash } from './readable.ts';
import { type Synthesized, synthesize } from './synthesized.ts';

const onAws = environments.filter(({ name }) => name !== 'local');

/** All resources of a type with their names. */
const all = (synthesized: Synthesized, type: string) =>
  [...synthesized.resources(type)].map(
    ([id, { Properties }]) => [withoutHash(id), Properties] as const,
  );

test.each(onAws)('every table of $name can be restored to any second', (environment) => {
  const synthesized = synthesize(environment);
  const replicas = all(synthesized, 'AWS::DynamoDB::GlobalTable').flatMap(([id, { Replicas }]) =>
    Replicas.map((replica: any) => [id, replica.PointInTimeRecoverySpecification]),
  );
  expect(replicas.length).toBeGreaterThan(0);
  for (const [id, specification] of replicas) {
    expect(specification, id).toEqual({ PointInTimeRecoveryEnabled: true });
  }
  // The older type has it elsewhere.
  expect(all(synthesized, 'AWS::DynamoDB::Table')).toEqual([]);
});

test.each(onAws)('every line that $name logs expires', (environment) => {
  const synthesized = synthesize(environment);
  for (const [id, group] of all(synthesized, 'AWS::Logs::LogGroup')) {
    expect(group.RetentionInDays, id).toBe(environment.retentionDays.logs);
  }
  // A function without a group gets one that keeps its lines for ever.
  for (const [id, lambda] of all(synthesized, 'AWS::Lambda::Function')) {
    expect(readable(lambda.LoggingConfig.LogGroup), id).toBe(id.replace(/Function$/, 'Log'));
  }
});

interface Edge {
  readonly name: string;
  /** Where goes what could not be delivered. */
  readonly destination: string;
  /** What counts it there. */
  readonly metric: string;
  readonly of: string;
}

/** Where something is handed on and nobody waits for the answer. */
function asynchronousEdges(synthesized: Synthesized): Edge[] {
  const toQueue = (name: string, arn: unknown): Edge => {
    const destination = arn === undefined ? 'nowhere' : readable(arn);
    return {
      name,
      destination,
      metric: 'ApproximateNumberOfMessagesVisible',
      of: destination.replace(/Arn$/, 'QueueName'),
    };
  };
  return [
    ...all(synthesized, 'AWS::Lambda::EventSourceMapping').map(([name, mapping]) => ({
      name,
      destination: readable(mapping.DestinationConfig.OnFailure.Destination),
      metric: 'OnFailureDestinationDeliveredEventCount',
      of: name,
    })),
    ...all(synthesized, 'AWS::KinesisFirehose::DeliveryStream').map(([name, stream]) => ({
      name,
      destination: stream.ExtendedS3DestinationConfiguration.ErrorOutputPrefix ?? 'nowhere',
      metric: 'FailedConversion.Records',
      of: name,
    })),
    ...all(synthesized, 'AWS::Lambda::EventInvokeConfig').map(([name, config]) =>
      toQueue(name, config.DestinationConfig?.OnFailure?.Destination),
    ),
    ...all(synthesized, 'AWS::Scheduler::Schedule').map(([name, { Target }]) =>
      toQueue(name, Target.DeadLetterConfig?.Arn),
    ),
    ...all(synthesized, 'AWS::Events::Rule')
      // News for people, of which CodeDeploy keeps all.
      .filter(([name]) => name !== 'FailedRollouts')
      .flatMap(([name, { Targets }]) =>
        (Targets ?? []).map((target: any) => toQueue(name, target.DeadLetterConfig?.Arn)),
      ),
    ...all(synthesized, 'AWS::SQS::Queue')
      .filter(([name]) => !name.endsWith('DeadLetters'))
      .map(([name, { RedrivePolicy }]) => toQueue(name, RedrivePolicy?.deadLetterTargetArn)),
  ];
}

test.each(onAws)('what $name cannot deliver is kept, noticed, and has a runbook', (environment) => {
  const synthesized = synthesize(environment);
  const edges = asynchronousEdges(synthesized);
  const errors = 'errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/';
  expect(edges.map(({ name, destination }) => `${name} → ${destination}`).sort()).toEqual([
    'AggregatorDailyLiveEventInvokeConfig → AggregatorDailyDeadLetters.Arn',
    'AggregatorDailyScheduleLate → AggregatorDailyDeadLetters.Arn',
    'AggregatorDailyScheduleToday → AggregatorDailyDeadLetters.Arn',
    'AggregatorMinutesStream → RelayFailuresBucket.Arn',
    `AssignmentsDeliveryStream → ${errors}`,
    'AssignmentsStream → RelayFailuresBucket.Arn',
    'CrossingsQueue → CrossingsDeadLetters.Arn',
    'CrossingsRule → CrossingsDeadLetters.Arn',
    `DeliveryStream → ${errors}`,
    'Stream → RelayFailuresBucket.Arn',
    `UpdatesDeliveryStream → ${errors}`,
  ]);
  const alarms = all(synthesized, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
  for (const { name, metric, of } of edges) {
    const watching = alarms.filter(
      ({ MetricName, Dimensions }) =>
        MetricName === metric &&
        Dimensions.some(({ Value }: any) => typeof Value === 'object' && readable(Value) === of),
    );
    const runbooks = watching.map(
      ({ AlarmDescription }) => /Runbook: (\S+)$/.exec(AlarmDescription)?.[1] ?? 'none',
    );
    expect(runbooks, `${name}: ${metric} of ${of}`).toHaveLength(1);
    expect(existsSync(repository(runbooks[0] ?? '')), `${name}: ${runbooks}`).toBe(true);
  }
});

test.each(onAws)(
  'whatever $name invokes by the clock has a place for failed runs',
  (environment) => {
    const synthesized = synthesize(environment);
    const invoked = all(synthesized, 'AWS::Scheduler::Schedule').map(([, { Target }]) =>
      readable(Target.Arn),
    );
    const configured = all(synthesized, 'AWS::Lambda::EventInvokeConfig').map(([, { Qualifier }]) =>
      readable(Qualifier).replace(/\.Qualifier$/, ''),
    );
    expect(configured).toEqual([...new Set(invoked)]);
  },
);

/** Grants on more than what is named, each with why it cannot name it. */
const WILDCARDS = [
  // Objects that do not exist yet, under a prefix of one bucket.
  /^s3:\w+ on \w+Bucket\.Arn\/([\w-]+\/)*\*$/,
  // X-Ray has no resource for these.
  /^xray:(PutTelemetryRecords|PutTraceSegments) on \*$/,
  // CloudWatch lets states be read only of all of an account's alarms.
  /^cloudwatch:DescribeAlarms on arn:aws:cloudwatch:[\w-]+:\d{12}:alarm:\*$/,
];

test.each(onAws)(
  'no role of $name may do more than what is named, but for these',
  (environment) => {
    const roles = synthesize(environment).resources('AWS::IAM::Role');
    const wild = Object.entries(grants(roles))
      .flatMap(([role, lines]) => lines.map((line) => `${role}: ${line}`))
      .filter((line) => line.includes('*'));
    const unexplained = wild.filter(
      (line) => !WILDCARDS.some((wildcard) => wildcard.test(line.replace(/^\w+: /, ''))),
    );
    expect(unexplained).toEqual([]);
    const used = WILDCARDS.filter((wildcard) =>
      wild.some((line) => wildcard.test(line.replace(/^\w+: /, ''))),
    );
    // Without a canary nobody reads alarms.
    expect(used).toHaveLength(environment.rollout === undefined ? 2 : 3);
  },
);

const POLICIES = [
  'AWS::KMS::Key',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::ResourcePolicy',
];

test.each(onAws)('nothing of $name is open to the public', (environment) => {
  const synthesized = synthesize(environment);
  for (const [id, bucket] of all(synthesized, 'AWS::S3::Bucket')) {
    const { PublicAccessBlockConfiguration: block } = bucket;
    expect(block === undefined ? [] : Object.values(block), id).toEqual([true, true, true, true]);
  }
  for (const [id, resource] of POLICIES.flatMap((type) => all(synthesized, type))) {
    const { Statement } = resource.PolicyDocument ?? resource.KeyPolicy;
    const open = Statement.filter(
      ({ Effect, Principal }: any) =>
        Effect === 'Allow' && JSON.stringify(Principal).includes('"*"'),
    );
    expect(open, id).toEqual([]);
  }
  for (const [id, permission] of all(synthesized, 'AWS::Lambda::Permission')) {
    expect(permission.Principal, id).toBe('apigateway.amazonaws.com');
    expect(permission.SourceArn, id).toBeDefined();
  }
  expect(all(synthesized, 'AWS::Lambda::Url')).toEqual([]);
});
