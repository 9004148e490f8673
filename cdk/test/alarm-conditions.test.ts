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
const edge = (metric: string) => `AWS/ApiGateway ${metric} ApiId=WriteEdgeApi Stage=$default`;
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
  const flood = { [edge('Count')]: 72_000, [edge('4xx')]: 71_280, [edge('5xx')]: 720 };
  expect(stateOf(alarm, during({ minutes: 5, metrics: flood }, NOW), NOW)).toBe('ALARM');
});

test.each(['WriteEdgeServerErrors', 'WriteEdgeOutage', 'WriteEdgeErrorBudget'])(
  '%s is on where everything fails and nobody has counted refusals',
  (id) => {
    const [, alarm] = alarms.find(([each]) => each === id) ?? [];
    const outage = { [edge('4xx')]: undefined, [edge('5xx')]: 720 };
    expect(stateOf(alarm, during({ minutes: 360, metrics: outage }, NOW), NOW)).toBe('ALARM');
  },
);

test.each([1, 2, 4, 5, 50])(
  'an outage at %d posts a minute pages within a quarter of an hour',
  (posts) => {
    const outage = { [edge('Count')]: posts, [edge('4xx')]: 0, [edge('5xx')]: posts };
    const quiet = { ...NORMAL, [edge('Count')]: () => posts, [edge('4xx')]: () => 0 };
    const metrics = (minutes: number) => ({
      ...quiet,
      ...Object.fromEntries(
        Object.entries(outage).map(([name, value]) => [
          name,
          (minute: number) => (minute >= NOW - minutes ? value : quiet[name]?.(minute)),
        ]),
      ),
    });
    const pages = (minutes: number) =>
      alarms.some(
        ([id, alarm]) =>
          ['WriteEdgeServerErrors', 'WriteEdgeOutage'].includes(id) &&
          stateOf(alarm, metrics(minutes), NOW) === 'ALARM',
      );
    expect([pages(0), pages(15)]).toEqual([false, true]);
  },
);
