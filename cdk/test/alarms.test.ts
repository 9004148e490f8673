import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { repository } from '../repository.ts';
import { nameOf } from './alarm-evaluator.ts';
import { readable, withoutHash } from './readable.ts';
import { inLocal, inProd, synthesize } from './synthesized.ts';

const alarms = () => [...inProd().resources('AWS::CloudWatch::Alarm')];
const DESCRIPTION = /^\[(page|ticket)\] [A-Z].{20,}\. Runbook: (docs\/runbooks\/[a-z-]+\.md)$/;

/** `Sum Errors of AggregatorDailyFunction ≥ 1 in 300 s × 2`; of an expression its text and its metrics. */
function watched(alarm: any): string {
  const periods = alarm.EvaluationPeriods === 1 ? '' : ` × ${alarm.EvaluationPeriods}`;
  const limit = `${alarm.TreatMissingData === 'breaching' ? '<' : '≥'} ${alarm.Threshold}`;
  const metric = (source: any) => {
    const of = source.Dimensions?.map((dimension: any) => readable(dimension.Value)).join(' ');
    return `${source.MetricName} of ${of ?? 'everything'}`;
  };
  if (alarm.Metrics === undefined) {
    const statistic = alarm.Statistic ?? alarm.ExtendedStatistic;
    return `${statistic} ${metric(alarm)} ${limit} in ${alarm.Period} s${periods}`;
  }
  const [{ Expression }, ...sources] = alarm.Metrics;
  const [first] = sources;
  const names = sources.map(({ Id, MetricStat }: any) => `${Id} ${metric(MetricStat.Metric)}`);
  return `${Expression} ${limit} in ${first.MetricStat.Period} s${periods}; ${names.join(', ')}`;
}

test('what is watched', () => {
  const lines = alarms().map(
    ([id, { Properties }]) => `${withoutHash(id)}: ${watched(Properties)}`,
  );
  expect(lines.sort()).toMatchInlineSnapshot(`
    [
      "AggregatorDailyCanaryErrors: Sum Errors of AggregatorDailyFunctionCurrentVersion.Version AggregatorDailyFunction AggregatorDailyFunction:live ≥ 1 in 60 s",
      "AggregatorDailyCanaryFailures: Sum FailedInvocations of AggregatorDailyFunction AggregatorDailyFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "AggregatorDailyDeadLetterAlarm: Maximum ApproximateNumberOfMessagesVisible of AggregatorDailyDeadLetters.QueueName ≥ 1 in 300 s",
      "AggregatorDailyErrors: Sum Errors of AggregatorDailyFunction ≥ 1 in 300 s",
      "AggregatorDailyMissing: Sum Invocations of AggregatorDailyFunction < 1 in 3600 s × 4",
      "AggregatorMinutesCanaryErrors: Sum Errors of AggregatorMinutesFunctionCurrentVersion.Version AggregatorMinutesFunction AggregatorMinutesFunction:live ≥ 1 in 60 s",
      "AggregatorMinutesCanaryFailures: Sum FailedInvocations of AggregatorMinutesFunction AggregatorMinutesFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "AggregatorMinutesDropped: Sum DroppedEventCount of AggregatorMinutesStream ≥ 1 in 300 s",
      "AggregatorMinutesErrors: Sum Errors of AggregatorMinutesFunction ≥ 1 in 300 s",
      "AggregatorMinutesFailures: Sum OnFailureDestinationDeliveredEventCount of AggregatorMinutesStream ≥ 1 in 300 s",
      "AggregatorMinutesLag: Maximum IteratorAge of AggregatorMinutesFunction ≥ 600000 in 60 s × 3",
      "AnalyticsCanaryErrors: Sum Errors of AnalyticsFunctionCurrentVersion.Version AnalyticsFunction AnalyticsFunction:live ≥ 1 in 60 s",
      "AnalyticsCanaryFailures: Sum FailedInvocations of AnalyticsFunction AnalyticsFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "AnalyticsErrors: Sum Errors of AnalyticsFunction ≥ 1 in 300 s",
      "AssignmentsDeliveryFailedConversions: Sum FailedConversion.Records of AssignmentsDeliveryStream ≥ 1 in 300 s",
      "AssignmentsDeliveryStaleDelivery: Maximum DeliveryToS3.DataFreshness of AssignmentsDeliveryStream ≥ 900 in 300 s",
      "AssignmentsThrottles: Sum ThrottledRequests of UpdateItem DeliveryAssignments ≥ 10 in 300 s × 3",
      "CrossingsDeadLetterAlarm: Maximum ApproximateNumberOfMessagesVisible of CrossingsDeadLetters.QueueName ≥ 1 in 300 s",
      "DeliveryFailedConversions: Sum FailedConversion.Records of DeliveryStream ≥ 1 in 300 s",
      "DeliveryStaleDelivery: Maximum DeliveryToS3.DataFreshness of DeliveryStream ≥ 900 in 300 s",
      "DispatchCanaryErrors: Sum Errors of DispatchFunctionCurrentVersion.Version DispatchFunction DispatchFunction:live ≥ 1 in 60 s",
      "DispatchCanaryFailures: Sum FailedInvocations of DispatchFunction DispatchFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "DispatchErrors: Sum Errors of DispatchFunction ≥ 1 in 300 s",
      "EventLogThrottles: Sum ThrottledRequests of PutItem LocationEvents ≥ 10 in 300 s × 2",
      "IngestCanaryErrors: Sum Errors of IngestFunctionCurrentVersion.Version IngestFunction IngestFunction:live ≥ 1 in 60 s",
      "IngestCanaryFailures: Sum FailedInvocations of IngestFunction IngestFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "IngestErrors: Sum Errors of IngestFunction ≥ 1 in 300 s",
      "LastLocationCanaryErrors: Sum Errors of LastLocationFunctionCurrentVersion.Version LastLocationFunction LastLocationFunction:live ≥ 1 in 60 s",
      "LastLocationCanaryFailures: Sum FailedInvocations of LastLocationFunction LastLocationFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "LastLocationErrors: Sum Errors of LastLocationFunction ≥ 1 in 300 s",
      "QuarantineAlarm: IF(part >= 20, 100 * part / whole, 0) ≥ 1 in 300 s × 3; part QuarantinedRequests of everything, whole Count of WriteEdgeApi $default",
      "ReadEdgeServerErrors: IF(part >= 5, 100 * part / whole, 0) ≥ 1 in 300 s; part 5XXError of milkrun read edge ReadEdgeApiDeploymentStageprod, whole Count of milkrun read edge ReadEdgeApiDeploymentStageprod",
      "RelayAssignmentsDropped: Sum DroppedEventCount of AssignmentsStream ≥ 1 in 300 s",
      "RelayAssignmentsFailures: Sum OnFailureDestinationDeliveredEventCount of AssignmentsStream ≥ 1 in 300 s",
      "RelayCanaryErrors: Sum Errors of RelayFunctionCurrentVersion.Version RelayFunction RelayFunction:live ≥ 1 in 60 s",
      "RelayCanaryFailures: Sum FailedInvocations of RelayFunction RelayFunctionCurrentVersion.Version ≥ 1 in 60 s",
      "RelayDropped: Sum DroppedEventCount of Stream ≥ 1 in 300 s",
      "RelayErrors: Sum Errors of RelayFunction ≥ 1 in 300 s",
      "RelayFailures: Sum OnFailureDestinationDeliveredEventCount of Stream ≥ 1 in 300 s",
      "RelayLag: Maximum IteratorAge of RelayFunction ≥ 300000 in 60 s × 3",
      "StoredToBus: p99 StoredToBusSeconds of everything ≥ 2 in 300 s × 3",
      "Throttles: Sum Throttles of everything ≥ 10 in 300 s × 3",
      "UpdatesDeliveryFailedConversions: Sum FailedConversion.Records of UpdatesDeliveryStream ≥ 1 in 300 s",
      "UpdatesDeliveryStaleDelivery: Maximum DeliveryToS3.DataFreshness of UpdatesDeliveryStream ≥ 900 in 300 s",
      "WriteEdgeErrorBudget: IF(part >= 20, 100 * part / (whole - FILL(without, 0)), 0) ≥ 0.6 in 21600 s; part 5xx of WriteEdgeApi $default, whole Count of WriteEdgeApi $default, without 4xx of WriteEdgeApi $default",
      "WriteEdgeOutage: IF(part >= 3, 100 * part / (whole - FILL(without, 0)), 0) ≥ 50 in 900 s; part 5xx of WriteEdgeApi $default, whole Count of WriteEdgeApi $default, without 4xx of WriteEdgeApi $default",
      "WriteEdgeRejections: IF(part >= 50, 100 * part / whole, 0) ≥ 5 in 300 s × 3; part 4xx of WriteEdgeApi $default, whole Count of WriteEdgeApi $default",
      "WriteEdgeServerErrors: IF(part >= 5, 100 * part / (whole - FILL(without, 0)), 0) ≥ 1.44 in 60 s × 5; part 5xx of WriteEdgeApi $default, whole Count of WriteEdgeApi $default, without 4xx of WriteEdgeApi $default",
      "WriteEdgeSilence: Sum Count of WriteEdgeApi $default < 1 in 300 s × 12",
    ]
  `);
});

test('silence is a fault where something must go on happening, and nowhere else', () => {
  const quiet = alarms().filter(([, each]) => each.Properties.TreatMissingData !== 'notBreaching');
  expect(quiet.map(([id]) => withoutHash(id)).sort()).toEqual([
    'AggregatorDailyMissing',
    'WriteEdgeSilence',
  ]);
  for (const [, { Properties }] of quiet) {
    expect(Properties).toMatchObject({
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
    });
  }
});

test('where metric math is missing, the same alarms are on counts alone', () => {
  const local = inLocal().resources('AWS::CloudWatch::Alarm');
  const onShares = alarms().filter(([, { Properties }]) => Properties.Metrics !== undefined);
  expect(onShares).toHaveLength(6);
  for (const [id, { Properties }] of onShares) {
    const [{ Expression }, part] = Properties.Metrics;
    const alarm = local.get(id)?.Properties;
    expect(alarm?.Metrics, id).toBeUndefined();
    const named = [alarm, part.MetricStat.Metric].map((source) =>
      // The stage of the read edge has the environment's name.
      nameOf(source).replace(/DeploymentStage\w+/, ''),
    );
    expect(named[0], id).toBe(named[1]);
    expect(Expression, id).toContain(`>= ${alarm?.Threshold},`);
  }
});

test('every alarm says its severity, what users feel, and a runbook that exists', () => {
  for (const [id, alarm] of alarms()) {
    const [, , runbook = ''] = DESCRIPTION.exec(alarm.Properties.AlarmDescription) ?? [];
    expect(existsSync(repository(runbook)) && runbook !== '', `${id}: ${runbook}`).toBe(true);
  }
});

test('every runbook is the runbook of an alarm, and listed', () => {
  const linked = alarms().map(
    ([, alarm]) => DESCRIPTION.exec(alarm.Properties.AlarmDescription)?.[2],
  );
  const written = readdirSync(repository('docs/runbooks')).filter((file) => file !== 'README.md');
  expect([...new Set(linked)].sort()).toEqual(
    written.map((file) => `docs/runbooks/${file}`).sort(),
  );
  const contents = readFileSync(repository('docs/runbooks/README.md'), 'utf8');
  for (const file of written) {
    expect(contents).toContain(`](${file})`);
  }
});

test('every alarm tells the topic of its severity, when it goes on and when it goes off', () => {
  for (const [id, { Properties }] of alarms()) {
    const severity = DESCRIPTION.exec(Properties.AlarmDescription)?.[1];
    const topic = severity === 'page' ? 'AlarmTopicsPage' : 'AlarmTopicsTicket';
    expect(Properties.AlarmActions.map(readable), id).toEqual([topic]);
    expect(Properties.OKActions.map(readable), id).toEqual([topic]);
  }
});

test('topics have the recipients of their severity', () => {
  const hook = 'https://hooks.example.com/milkrun';
  const synthesized = synthesize({
    ...prod,
    alarms: { ...prod.alarms, page: ['a@example.com', hook], ticket: ['b@example.com'] },
  });
  const subscriptions = [...synthesized.resources('AWS::SNS::Subscription').values()].map(
    ({ Properties: { TopicArn, Protocol, Endpoint } }) =>
      `${readable(TopicArn)}: ${Protocol} ${Endpoint}`,
  );
  expect(subscriptions.sort()).toEqual([
    'AlarmTopicsPage: email a@example.com',
    `AlarmTopicsPage: https ${hook}`,
    'AlarmTopicsTicket: email b@example.com',
  ]);
});

test('topics are encrypted, refuse plain HTTP, and let only this account publish', () => {
  for (const [id, topic] of inProd().resources('AWS::SNS::Topic')) {
    expect(readable(topic.Properties.KmsMasterKeyId), id).toBe('AlarmTopicsKey.Arn');
  }
  const policies = [...inProd().resources('AWS::SNS::TopicPolicy').values()];
  expect(policies).toHaveLength(2);
  const from = (service: string, source: string) => ({
    Effect: 'Allow',
    Action: 'sns:Publish',
    Principal: { Service: `${service}.amazonaws.com` },
    Condition: {
      StringEquals: { 'aws:SourceAccount': prod.account },
      ArnLike: { 'aws:SourceArn': `arn:aws:${service}:us-east-1:${prod.account}:${source}` },
    },
  });
  for (const { Properties } of policies) {
    const ofRules = readable(Properties.Topics[0]) === 'AlarmTopicsTicket';
    expect(Properties.PolicyDocument.Statement).toMatchObject([
      { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      from('cloudwatch', 'alarm:*'),
      ...(ofRules ? [from('events', 'rule/*')] : []),
    ]);
  }
  const key = inProd().only('AWS::KMS::Key').Properties;
  expect(key.EnableKeyRotation).toBe(true);
  expect(key.KeyPolicy.Statement).toContainEqual({
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': prod.account } },
  });
  expect(key.KeyPolicy.Statement).toContainEqual({
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Principal: { Service: 'events.amazonaws.com' },
    Resource: '*',
    // No aws:SourceAccount: EventBridge gives none to KMS.
    Condition: {
      ArnLike: {
        'kms:EncryptionContext:aws:sns:topicArn': `arn:aws:sns:us-east-1:${prod.account}:*`,
      },
    },
  });
});
