import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { NORMAL } from './alarm-conditions.ts';
import { nameOf } from './alarm-evaluator.ts';
import { readable, withoutHash } from './readable.ts';
import { inProd, synthesize } from './synthesized.ts';

interface Widget {
  readonly type: string;
  readonly y: number;
  readonly properties: Record<string, any>;
}

const widgets = (): Widget[] =>
  JSON.parse(readable(inProd().only('AWS::CloudWatch::Dashboard').Properties.DashboardBody))
    .widgets;

/** `AWS/Lambda Errors FunctionName=RelayFunction`, from a dashboard's list of words and settings. */
function named(metric: any[]): string {
  const words: string[] = metric.filter((each) => typeof each === 'string');
  const [Namespace = '', MetricName = '', ...dimensions] = words;
  const Dimensions = dimensions.flatMap((Name, index) =>
    index % 2 === 0 ? [{ Name, Value: dimensions[index + 1] }] : [],
  );
  return nameOf({ Namespace, MetricName, Dimensions });
}

test('the dashboard answers three questions, a row each', () => {
  const rows = widgets()
    .sort((one, other) => one.y - other.y)
    .map(({ type, properties }) => (type === 'text' ? properties.markdown : properties.title));
  expect(rows).toEqual([
    '## Are we receiving?',
    'Posts in five minutes',
    'Events in five minutes',
    'Valid posts acknowledged, %',
    '## Are we late?',
    'Received until on the bus, s',
    'Age of what streams wait with, ms',
    'Age of what the lake waits for, s',
    '## Are we losing?',
    'Waiting in dead-letter queues',
    'Given up, dropped, not converted, in five minutes',
  ]);
});

test('the dashboard shows metrics that alarms read, and few others', () => {
  const shown = widgets()
    .flatMap(({ properties }) => properties.metrics ?? [])
    .filter(([first]: any[]) => typeof first === 'string')
    .map(named);
  expect(shown.length).toBeGreaterThan(20);
  expect([...new Set(shown)].filter((name) => !(name in NORMAL)).sort()).toEqual([
    'milkrun AcceptedEvents',
    'milkrun DuplicateEvents',
  ]);
});

test('the dashboard draws what is promised', () => {
  const lines = widgets().flatMap(({ properties }) => properties.annotations?.horizontal ?? []);
  expect(lines.map(({ value, label }: any) => `${value}: ${label}`)).toEqual([
    '99.9: promised: 99.9 %',
    '2: promised: 2 s for 99 of 100',
    '900: promised: 15 min',
  ]);
});

test('X-Ray follows the share of requests that the environment says', () => {
  const { SamplingRule } = inProd().only('AWS::XRay::SamplingRule').Properties;
  expect(SamplingRule).toMatchObject({ FixedRate: prod.tracing, ReservoirSize: 0, Priority: 9000 });
  const off = synthesize({ ...prod, tracing: 0 });
  expect(off.resources('AWS::XRay::SamplingRule').size).toBe(0);
});

test('rollouts that fail are told, where there are any', () => {
  const rules = (environment: typeof prod) =>
    [...synthesize(environment).resources('AWS::Events::Rule')].filter(
      ([id]) => withoutHash(id) === 'FailedRollouts',
    );
  const [[, rule] = expect.fail('there is none')] = rules(prod);
  expect(rule.Properties.EventPattern).toEqual({
    source: ['aws.codedeploy'],
    'detail-type': ['CodeDeploy Deployment State-change Notification'],
    detail: { state: ['FAILURE', 'STOP'] },
  });
  const [target, ...others] = rule.Properties.Targets;
  expect([readable(target.Arn), others]).toEqual(['AlarmTopicsTicket', []]);
  expect(target.InputTransformer.InputTemplate).toMatch(/^"\[ticket\] .*canary\.md"$/);
  expect(rules({ ...prod, rollout: undefined })).toEqual([]);
});
