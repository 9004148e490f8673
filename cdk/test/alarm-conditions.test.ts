import { expect, test } from 'vitest';
import { CASES, during, NORMAL, QUIET } from './alarm-conditions.ts';
import { sourcesOf, stateOf } from './alarm-evaluator.ts';
import { withoutHash } from './readable.ts';
import { inProd } from './synthesized.ts';

const alarms = [...inProd().resources('AWS::CloudWatch::Alarm')].map(
  ([id, { Properties }]) => [withoutHash(id), Properties] as const,
);
/** What must go on happening. */
const SILENCE_IS_A_FAULT = ['AggregatorDailyMissing', 'WriteEdgeSilence'];
/** Noon of the second day: everything that an alarm looks back on has happened. */
const NOW = 36 * 60;

test('every alarm has its condition, and reads metrics that somebody publishes', () => {
  expect(alarms.map(([id]) => id).sort()).toEqual(Object.keys(CASES).sort());
  for (const [id, alarm] of alarms) {
    for (const source of sourcesOf(alarm)) {
      expect(Object.keys(NORMAL), id).toContain(source);
    }
  }
  const read = new Set(alarms.flatMap(([, alarm]) => sourcesOf(alarm)));
  expect(Object.keys(NORMAL).filter((name) => !read.has(name))).toEqual([]);
});

test('on a good day every alarm is OK, at every minute', () => {
  for (const [id, alarm] of alarms) {
    for (let minute = NOW; minute < NOW + 61; minute += 1) {
      expect(stateOf(alarm, NORMAL, minute), `${id} at ${minute}`).toBe('OK');
    }
  }
});

test('where nothing happens at all, only the alarms on silence are on', () => {
  const on = alarms.filter(([, alarm]) => stateOf(alarm, QUIET, NOW) === 'ALARM');
  expect(on.map(([id]) => id).sort()).toEqual(SILENCE_IS_A_FAULT);
});

test.each(alarms)(
  '%s turns on in its condition, not before and not for long after',
  (id, alarm) => {
    const { on, off } = CASES[id] ?? expect.fail('has no condition');
    const metrics = during(on, NOW);
    expect(stateOf(alarm, metrics, NOW - on.minutes)).toBe('OK');
    expect(stateOf(alarm, metrics, NOW)).toBe('ALARM');
    const period =
      alarm.Period ?? alarm.Metrics.find((each: any) => each.MetricStat).MetricStat.Period;
    const lookedBackOn = (period / 60) * (alarm.EvaluationPeriods + 2);
    expect(stateOf(alarm, metrics, NOW + lookedBackOn)).toBe('OK');
    for (const condition of off) {
      expect(stateOf(alarm, during(condition, NOW), NOW), JSON.stringify(condition)).toBe('OK');
    }
  },
);

test('an outage is not drowned by strangers who are refused', () => {
  const [, alarm] = alarms.find(([id]) => id === 'WriteEdgeServerErrors') ?? [];
  const edge = (metric: string) => `AWS/ApiGateway ${metric} ApiId=WriteEdgeApi Stage=$default`;
  const flood = { [edge('Count')]: 72_000, [edge('4xx')]: 71_280, [edge('5xx')]: 720 };
  expect(stateOf(alarm, during({ minutes: 5, metrics: flood }, NOW), NOW)).toBe('ALARM');
});
