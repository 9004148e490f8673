// What CloudWatch makes of metrics and an alarm of a template: periods, statistics, metric math, missing data.
import { readable } from './readable.ts';

/** Values that were published in a minute; undefined: none. */
export type Published = (minute: number) => number | readonly number[] | undefined;

/** Metrics by name: `AWS/Lambda Errors FunctionName=IngestFunction`. */
export type Metrics = Readonly<Record<string, Published>>;

export type State = 'OK' | 'ALARM';

interface Source {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: { Name: string; Value: unknown }[];
}

/** How tests name a metric. */
export function nameOf({ Namespace, MetricName, Dimensions = [] }: Source): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${readable(Value)}`).sort();
  return [Namespace, MetricName, ...dimensions].join(' ');
}

/** All metrics that an alarm reads. */
export function sourcesOf(alarm: any): string[] {
  return alarm.Metrics === undefined
    ? [nameOf(alarm)]
    : alarm.Metrics.filter((each: any) => each.MetricStat).map((each: any) =>
        nameOf(each.MetricStat.Metric),
      );
}

/** An alarm's state at the beginning of a minute, from what was published before. */
export function stateOf(alarm: any, metrics: Metrics, minute: number): State {
  const periods = alarm.EvaluationPeriods;
  const needed = alarm.DatapointsToAlarm ?? periods;
  // CloudWatch looks somewhat farther back than it needs, in case that data points are missing.
  const points = Array.from({ length: periods + 2 }, (_, ago) =>
    dataPoint(alarm, metrics, minute, ago),
  ).filter((value) => value !== undefined);
  const breaching = points.slice(0, periods).filter((value) => breaches(alarm, value)).length;
  const missing = Math.max(0, periods - points.length);
  return breaching + (missingBreaches(alarm) ? missing : 0) >= needed ? 'ALARM' : 'OK';
}

function dataPoint(alarm: any, metrics: Metrics, minute: number, ago: number): number | undefined {
  if (alarm.Metrics === undefined) {
    const statistic = alarm.Statistic ?? alarm.ExtendedStatistic;
    return aggregate(metrics, nameOf(alarm), statistic, alarm.Period, minute, ago);
  }
  const values = new Map<string, number | undefined>();
  for (const { Id, MetricStat } of alarm.Metrics) {
    if (MetricStat !== undefined) {
      const { Metric, Stat, Period } = MetricStat;
      values.set(Id, aggregate(metrics, nameOf(Metric), Stat, Period, minute, ago));
    }
  }
  const [returned, ...more] = alarm.Metrics.filter((each: any) => each.ReturnData !== false);
  if (more.length > 0) {
    throw new Error('an alarm is on one expression');
  }
  return calculate(returned.Expression, values);
}

function aggregate(
  metrics: Metrics,
  name: string,
  statistic: string,
  period: number,
  minute: number,
  ago: number,
): number | undefined {
  const published = metrics[name];
  if (published === undefined) {
    throw new Error(`nobody publishes ${name}`);
  }
  const length = period / 60;
  const first = minute - (ago + 1) * length;
  const values = Array.from({ length }, (_, index) => published(first + index))
    .flatMap((value) => value ?? [])
    .sort((one, other) => one - other);
  if (values.length === 0) {
    return undefined;
  }
  const percentile = /^p(\d+)$/.exec(statistic)?.[1];
  if (percentile !== undefined) {
    return values[Math.ceil((values.length * Number(percentile)) / 100) - 1];
  }
  switch (statistic) {
    case 'Sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'Maximum':
      return values.at(-1);
    default:
      throw new Error(`the evaluator does not know the statistic ${statistic}`);
  }
}

function breaches(alarm: any, value: number): boolean {
  switch (alarm.ComparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= alarm.Threshold;
    case 'LessThanThreshold':
      return value < alarm.Threshold;
    default:
      throw new Error(`the evaluator does not know ${alarm.ComparisonOperator}`);
  }
}

function missingBreaches(alarm: any): boolean {
  switch (alarm.TreatMissingData) {
    case 'breaching':
      return true;
    case 'notBreaching':
      return false;
    default:
      throw new Error(`the evaluator does not know missing data as ${alarm.TreatMissingData}`);
  }
}

/**
 * A metric math expression of numbers, ids, `+ - * / >=`, parentheses, `IF(condition, yes, no)` and `FILL(id, number)`.
 * There is no result where a metric outside FILL has none, and none of a division by zero.
 */
export function calculate(
  expression: string,
  values: ReadonlyMap<string, number | undefined>,
): number | undefined {
  const tokens = expression.match(/\d+(\.\d+)?|\w+|>=|[-+*/(),]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(/\s/g, '')) {
    throw new Error(`the evaluator does not know all of ${expression}`);
  }
  const take = (expected?: string): string => {
    const token = tokens.shift() ?? '';
    if (token === '' || (expected !== undefined && token !== expected)) {
      throw new Error(`${expression}: expected ${expected ?? 'more'}, not "${token}"`);
    }
    return token;
  };
  const known = (id: string): number | undefined => {
    if (!values.has(id)) {
      throw new Error(`${expression}: nothing is called ${id}`);
    }
    return values.get(id);
  };
  let isMissing = false;
  const operand = (): number => {
    const token = take();
    if (token === '(') {
      const inner = comparison();
      take(')');
      return inner;
    }
    if (token === 'IF') {
      take('(');
      const condition = comparison();
      take(',');
      const yes = comparison();
      take(',');
      const no = comparison();
      take(')');
      // A choice of no value is no value, so NaN of the other branch does not matter.
      return condition === 0 ? no : yes;
    }
    if (token === 'FILL') {
      take('(');
      const value = known(take());
      take(',');
      const otherwise = Number(take());
      if (Number.isNaN(otherwise)) {
        throw new Error(`${expression}: FILL with a number`);
      }
      take(')');
      return value ?? otherwise;
    }
    if (/^\d/.test(token)) {
      return Number(token);
    }
    const value = known(token);
    isMissing ||= value === undefined;
    return value ?? Number.NaN;
  };
  const chain = (
    next: () => number,
    operators: Record<string, (one: number, other: number) => number>,
  ) => {
    let result = next();
    for (let act = operators[tokens[0] ?? '']; act; act = operators[tokens[0] ?? '']) {
      take();
      result = act(result, next());
    }
    return result;
  };
  const product = () => chain(operand, { '*': (a, b) => a * b, '/': (a, b) => a / b });
  const sum = () => chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const comparison = (): number =>
    chain(sum, { '>=': (a, b) => (Number.isNaN(a + b) ? Number.NaN : Number(a >= b)) });
  const result = comparison();
  if (tokens.length > 0) {
    throw new Error(`${expression}: did not expect ${tokens.join(' ')}`);
  }
  return isMissing || !Number.isFinite(result) ? undefined : result;
}
