import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { QUARANTINED } from '../quarantine-alarm.ts';
import { repository } from '../repository.ts';
import { readable, withoutHash } from './readable.ts';
import { inProd, synthesize } from './synthesized.ts';

const alarms = () => [...inProd().resources('AWS::CloudWatch::Alarm')];
const DESCRIPTION = /^\[(page|ticket)\] [A-Z].{20,}\. Runbook: (docs\/runbooks\/[a-z-]+\.md)$/;

test('what is watched', () => {
  const watched = alarms().map(([id, { Properties: alarm }]) => {
    const of =
      alarm.Dimensions?.map((dimension: any) => readable(dimension.Value)).join(' ') ??
      'everything';
    const periods = alarm.EvaluationPeriods === 1 ? '' : ` × ${alarm.EvaluationPeriods}`;
    const limit = alarm.TreatMissingData === 'breaching' ? '<' : '≥';
    return `${withoutHash(id)}: ${alarm.Statistic} ${alarm.MetricName} of ${of} ${limit} ${alarm.Threshold} in ${alarm.Period} s${periods}`;
  });
  expect(watched.sort()).toEqual([
    'AggregatorDailyErrors: Sum Errors of AggregatorDailyFunction ≥ 1 in 300 s',
    'AggregatorDailyMissing: Sum Invocations of AggregatorDailyFunction < 1 in 3600 s × 4',
    'AggregatorMinutesErrors: Sum Errors of AggregatorMinutesFunction ≥ 1 in 300 s',
    'AggregatorMinutesFailures: Sum OnFailureDestinationDeliveredEventCount of AggregatorMinutesStream ≥ 1 in 300 s',
    'AggregatorMinutesLag: Maximum IteratorAge of AggregatorMinutesFunction ≥ 600000 in 60 s × 3',
    'AnalyticsErrors: Sum Errors of AnalyticsFunction ≥ 1 in 300 s',
    'AssignmentsDeliveryFailedConversions: Sum FailedConversion.Records of AssignmentsDeliveryStream ≥ 1 in 300 s',
    'AssignmentsDeliveryStaleDelivery: Maximum DeliveryToS3.DataFreshness of AssignmentsDeliveryStream ≥ 2100 in 300 s',
    'AssignmentsThrottles: Sum ThrottledRequests of UpdateItem DeliveryAssignments ≥ 10 in 300 s × 3',
    'CrossingsDeadLetterAlarm: Maximum ApproximateNumberOfMessagesVisible of CrossingsDeadLetters.QueueName ≥ 1 in 300 s',
    'DeliveryFailedConversions: Sum FailedConversion.Records of DeliveryStream ≥ 1 in 300 s',
    'DeliveryStaleDelivery: Maximum DeliveryToS3.DataFreshness of DeliveryStream ≥ 2100 in 300 s',
    'DispatchErrors: Sum Errors of DispatchFunction ≥ 1 in 300 s',
    'EventLogThrottles: Sum ThrottledRequests of PutItem LocationEvents ≥ 10 in 300 s × 2',
    'IngestErrors: Sum Errors of IngestFunction ≥ 1 in 300 s',
    'LastLocationErrors: Sum Errors of LastLocationFunction ≥ 1 in 300 s',
    'QuarantineAlarm: Sum QuarantinedRequests of everything ≥ 20 in 300 s × 3',
    'ReadEdgeServerErrors: Sum 5XXError of milkrun read edge ReadEdgeApiDeploymentStageprod ≥ 5 in 300 s',
    'RelayAssignmentsFailures: Sum OnFailureDestinationDeliveredEventCount of AssignmentsStream ≥ 1 in 300 s',
    'RelayErrors: Sum Errors of RelayFunction ≥ 1 in 300 s',
    'RelayFailures: Sum OnFailureDestinationDeliveredEventCount of Stream ≥ 1 in 300 s',
    'RelayLag: Maximum IteratorAge of RelayFunction ≥ 300000 in 60 s × 3',
    'UpdatesDeliveryFailedConversions: Sum FailedConversion.Records of UpdatesDeliveryStream ≥ 1 in 300 s',
    'UpdatesDeliveryStaleDelivery: Maximum DeliveryToS3.DataFreshness of UpdatesDeliveryStream ≥ 2100 in 300 s',
    'WriteEdgeRejections: Sum 4xx of WriteEdgeApi $default ≥ 50 in 300 s × 3',
    'WriteEdgeServerErrors: Sum 5xx of WriteEdgeApi $default ≥ 5 in 300 s',
  ]);
});

test('silence is a fault where something must go on happening, and nowhere else', () => {
  const quiet = alarms().filter(([, each]) => each.Properties.TreatMissingData !== 'notBreaching');
  expect(quiet.map(([id]) => withoutHash(id))).toEqual(['AggregatorDailyMissing']);
  expect(quiet[0]?.[1].Properties).toMatchObject({
    TreatMissingData: 'breaching',
    ComparisonOperator: 'LessThanThreshold',
  });
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

test('the count of quarantined requests is of a line that ingest writes', () => {
  const filter = inProd().only('AWS::Logs::MetricFilter').Properties;
  expect(readable(filter.LogGroupName)).toBe('IngestLog');
  expect(filter.FilterPattern).toBe(`{ $.message = "${QUARANTINED}" }`);
  const source = repository('functions/ingest/src');
  const code = readdirSync(source, { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.rs'))
    .map((file) => readFileSync(join(source, file), 'utf8'));
  expect(code.join('')).toContain(`"${QUARANTINED}"`);
});

test("alarms notify the environment's topic, where it names one", () => {
  const topicArn = 'arn:aws:sns:us-east-1:333333333333:operations';
  const notified = synthesize({ ...prod, alarms: { topicArn } });
  for (const [id, alarm] of notified.resources('AWS::CloudWatch::Alarm')) {
    expect(alarm.Properties.AlarmActions, id).toEqual([topicArn]);
    expect(alarm.Properties.OKActions, id).toEqual([topicArn]);
  }
  for (const [id, alarm] of alarms()) {
    expect(alarm.Properties.AlarmActions, id).toBeUndefined();
  }
});
