import { expect, test } from 'vitest';
import { calculate, stateOf } from './alarm-evaluator.ts';

const alarm = (settings: object) => ({
  Namespace: 'test',
  MetricName: 'X',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
  ...settings,
});

/** `0`: within the threshold, `X`: beyond it, `-`: missing; a point a minute, the last one newest. */
const points = (drawn: string) => ({
  'test X': (minute: number) => ({ 0: 0, X: 1 })[drawn[minute] ?? ''],
});

// The tables of "Configuring how CloudWatch alarms treat missing data" in its user guide.
test.each([
  ['0-X-X', 'OK', 'OK'],
  ['0----', 'OK', 'OK'],
  ['-----', 'ALARM', 'OK'],
  ['0XX-X', 'ALARM', 'ALARM'],
  ['--X--', 'ALARM', 'OK'],
])('3 of 3: %s is %s where missing data breaches, else %s', (drawn, breaching, notBreaching) => {
  for (const [TreatMissingData, expected] of Object.entries({ breaching, notBreaching })) {
    expect(stateOf(alarm({ TreatMissingData }), points(drawn), 5)).toBe(expected);
  }
});

test.each([
  ['0-X-X', 'ALARM', 'ALARM'],
  ['00X0X', 'ALARM', 'ALARM'],
  ['0-X--', 'ALARM', 'OK'],
  ['----0', 'ALARM', 'OK'],
  ['---X-', 'ALARM', 'OK'],
])('2 of 3: %s is %s where missing data breaches, else %s', (drawn, breaching, notBreaching) => {
  for (const [TreatMissingData, expected] of Object.entries({ breaching, notBreaching })) {
    const settings = { TreatMissingData, DatapointsToAlarm: 2 };
    expect(stateOf(alarm(settings), points(drawn), 5)).toBe(expected);
  }
});

test('periods, statistics and comparisons', () => {
  const rising = { 'test X': (minute: number) => [minute, 2 * minute] };
  const state = (settings: object) =>
    stateOf(alarm({ Period: 300, EvaluationPeriods: 1, ...settings }), rising, 10);
  // Minutes 5 to 9: 5 to 9, and 10 to 18.
  expect(state({ Threshold: 105 })).toBe('ALARM');
  expect(state({ Threshold: 106 })).toBe('OK');
  expect(state({ Statistic: 'Maximum', Threshold: 18 })).toBe('ALARM');
  expect(state({ Statistic: 'Maximum', Threshold: 19 })).toBe('OK');
  const p50 = { Statistic: undefined, ExtendedStatistic: 'p50' };
  expect(state({ ...p50, Threshold: 9 })).toBe('ALARM');
  expect(state({ ...p50, Threshold: 10 })).toBe('OK');
  const below = { ComparisonOperator: 'LessThanThreshold' };
  expect(state({ ...below, Threshold: 105 })).toBe('OK');
  expect(state({ ...below, Threshold: 106 })).toBe('ALARM');
});

test('metric math', () => {
  const values = new Map([
    ['a', 6],
    ['b', 40],
    ['c', 10],
  ]);
  expect(calculate('IF(a >= 5, 100 * a / (b - c), 0)', values)).toBe(20);
  expect(calculate('IF(a >= 7, 100 * a / (b - c), 0)', values)).toBe(0);
  expect(calculate('b - c - a * 2', values)).toBe(18);
  expect(calculate('a / (b - 40)', values)).toBeUndefined();
  const some = new Map([
    ['a', undefined],
    ['b', 40],
  ]);
  expect(calculate('a', some)).toBeUndefined();
  expect(calculate('IF(b >= 5, b, a)', some)).toBeUndefined();
  expect(calculate('b - FILL(a, 3)', some)).toBe(37);
  expect(calculate('FILL(b, 3)', some)).toBe(40);
});

test('what the evaluator does not know, it refuses', () => {
  for (const unknown of [
    { Statistic: 'Average' },
    { ComparisonOperator: 'GreaterThanThreshold' },
    { TreatMissingData: 'ignore' },
    { MetricName: 'Y' },
  ]) {
    expect(() => stateOf(alarm(unknown), points('XXXXX'), 5)).toThrow(/does not know|publishes/);
  }
  for (const expression of [
    'FILL(z, 0)',
    'FILL(a)',
    'FILL(a, z)',
    'METRICS()',
    'a ** 2',
    'a > 1',
    '(a',
    'z',
    'a a',
  ]) {
    expect(() => calculate(expression, new Map([['a', 1]])), expression).toThrow();
  }
});
