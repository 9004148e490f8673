import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { Deployed, type Template } from '../costs/deployed.ts';
import { type Bill, type Costs, costs } from '../costs/model.ts';
import { Prices } from '../costs/prices.ts';
import { replaced } from '../costs/report.ts';
import { ASSUMPTIONS, MILLION, WORKLOADS, type Workload } from '../costs/workload.ts';
import { repository } from '../repository.ts';
import { synthesize } from './synthesized.ts';

const page = readFileSync(repository('docs/scale.md'), 'utf8');
const WEBHOOKS: Workload = { name: 'webhooks', positionsPerDay: MILLION, eventsPerRequest: 1 };

/** Prod's templates, changed. */
function deployed(change: (resources: Record<string, any>) => void = () => {}): Deployed {
  const templates = Object.values(synthesize(prod).templates).map((template) =>
    structuredClone(template.toJSON() as Template),
  );
  change(Object.assign({}, ...templates.map((template) => template.Resources)));
  return new Deployed(templates);
}

function bill(of = deployed(), workload = WEBHOOKS, assumptions = ASSUMPTIONS): Bill {
  const { bills } = costs(of, Prices.of(page), [workload], assumptions);
  return bills[0] as Bill;
}

function line(bill: Bill, what: string): number {
  const lines = bill.sections.flatMap((section) => section.lines);
  return lines.find((line) => line.what === what)?.dollars ?? Number.NaN;
}

const named = (resources: Record<string, any>, id: RegExp) =>
  Object.entries(resources).find(([logicalId]) => id.test(logicalId))?.[1].Properties;

test('prod takes a million positions in for what was promised', () => {
  const { bills } = costs(deployed(), Prices.of(page), WORKLOADS, ASSUMPTIONS);
  const missed = bills.filter((bill) => !bill.goalMet);
  expect(missed.map(({ workload, sections }) => [workload, sections[0]?.dollars])).toEqual([]);
});

test('a bill adds up by hand', () => {
  const today = bill();
  // A million webhooks: 1.00, 0.20, a write unit of 0.625 each, and 0.86 of one for those with an order.
  expect(line(today, 'HTTP API: requests')).toBeCloseTo(1, 10);
  expect(line(today, 'Lambda: invocations of ingest')).toBeCloseTo(0.2, 10);
  expect(line(today, 'DynamoDB: writes to the log')).toBeCloseTo(0.625, 10);
  expect(line(today, 'DynamoDB: writes to its indexes')).toBeCloseTo(0.5375, 10);
  // 10.5 ms of 0.25 GB: 2,625 GB-seconds.
  expect(line(today, 'Lambda: time of ingest')).toBeCloseTo(2_625 * 0.0000133334, 10);
  // In 12 hours 23.15 a second, 5.79 in each of 4 shards: with the first, 6.79 in a batch of a second.
  const batches = 1_000_000 / (1 + 1_000_000 / 12 / 3600 / 4);
  expect(batches).toBeCloseTo(147_340, 0);
  expect(line(today, 'Lambda: invocations of relay')).toBeCloseTo((batches / 1e6) * 0.2, 10);
  // 900 bytes a row, and half of 5 KB lost in each record.
  expect(line(today, 'Firehose: to the lake, as Parquet')).toBeCloseTo(
    ((1_000_000 * 900 + batches * 2_560) / 2 ** 30) * (0.029 + 0.018),
    10,
  );
  expect(line(today, 'EventBridge: events on the bus')).toBeCloseTo(0.03, 10);
  // A line of {"request_id": … "integration_error":"-"}: 152 bytes, and 26 of CloudWatch's own.
  expect(line(today, 'HTTP API: access log')).toBeCloseTo((178e6 / 2 ** 30) * 0.25, 10);
  const taken = today.sections[0]?.lines.map((each) => each.dollars) ?? [];
  expect(today.sections[0]?.dollars).toBeCloseTo(
    taken.reduce((sum, each) => sum + each, 0),
    10,
  );
});

test('beyond 300 million requests a month the others cost 0.90', () => {
  const large = bill(deployed(), { ...WEBHOOKS, positionsPerDay: 100 * MILLION });
  expect(line(large, 'HTTP API: requests')).toBeCloseTo((300 * 1 + 2_700 * 0.9) / 3_000, 10);
});

test('a hundred positions a request share one', () => {
  const batches = bill(deployed(), { ...WEBHOOKS, eventsPerRequest: 100 });
  expect(line(batches, 'HTTP API: requests')).toBeCloseTo(0.01, 10);
  expect(line(batches, 'DynamoDB: writes to the log')).toBeCloseTo(0.625, 10);
});

test.each<[string, string, (resources: Record<string, any>) => void, number]>([
  [
    'a second index',
    'DynamoDB: writes to its indexes',
    (resources) =>
      resources.LocationEvents.Properties.GlobalSecondaryIndexes.push({
        KeySchema: [{ AttributeName: 'trip_id', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      }),
    0.625,
  ],
  [
    'double memory',
    'Lambda: time of ingest',
    (resources) => {
      named(resources, /^IngestFunction.{8}$/).MemorySize *= 2;
    },
    2_625 * 0.0000133334,
  ],
  [
    'another processor',
    'Lambda: time of ingest',
    (resources) => {
      named(resources, /^IngestFunction.{8}$/).Architectures = ['x86_64'];
    },
    2_625 * 0.0000033333,
  ],
  [
    'a log class of twice the price',
    'HTTP API: access log',
    (resources) => {
      delete named(resources, /^WriteEdgeAccessLog/).LogGroupClass;
    },
    (178e6 / 2 ** 30) * 0.25,
  ],
  [
    'rows left as JSON',
    'Firehose: to the lake, as Parquet',
    (resources) => {
      const stream = named(resources, /^DeliveryStream/);
      stream.ExtendedS3DestinationConfiguration.DataFormatConversionConfiguration.Enabled = false;
    },
    ((-1_000_000 * 900 - 147_339.704 * 2_560) / 2 ** 30) * 0.018,
  ],
  [
    'events kept six times as long',
    'DynamoDB: the log and its indexes, 180 days',
    (resources) => {
      const { Variables } = named(resources, /^IngestFunction.{8}$/).Environment;
      Variables.EVENT_RETENTION_DAYS = '180';
    },
    Number.NaN,
  ],
])('%s changes "%s"', (_, what, change, difference) => {
  const after = line(bill(deployed(change)), what);
  expect(after).toBeGreaterThan(0);
  if (!Number.isNaN(difference)) {
    expect(after - line(bill(), what)).toBeCloseTo(difference, 6);
  }
});

test('Lambda traces an invocation a second, and 5 % of the others', () => {
  const traced = deployed((resources) => {
    named(resources, /^IngestFunction.{8}$/).TracingConfig = { Mode: 'Active' };
  });
  const perSecond = 1_000_000 / 12 / 3600;
  expect(line(bill(traced), 'X-Ray: traces of ingest')).toBeCloseTo(
    5 * ((1 + 0.05 * (perSecond - 1)) / perSecond),
    10,
  );
});

test('what the model does not know is an error', () => {
  const without = page.replace(/^\| `firehose-gb`.*\n/m, '');
  const ask = () => costs(deployed(), Prices.of(without), [WEBHOOKS], ASSUMPTIONS);
  expect(ask).toThrow('docs/scale.md has no price firehose-gb');
  expect(() => Prices.of(page.replace(/`firehose-gb` \| [\d.]+/, '`firehose-gb` | cheap'))).toThrow(
    'not a price',
  );
  expect(() => Prices.of('no table')).toThrow('no table');
  const provisioned = deployed((resources) => {
    resources.LocationEvents.Properties.BillingMode = 'PROVISIONED';
  });
  expect(() => bill(provisioned)).toThrow('not billed by request');
  const logged = deployed((resources) => {
    const stage = named(resources, /^WriteEdgeStage/);
    stage.AccessLogSettings.Format = '{"path":"$context.path"}';
  });
  expect(() => bill(logged)).toThrow('$context.path');
});

test('no price in docs/scale.md is unused', () => {
  const asked = new Set<string>();
  const prices = Prices.of(page);
  const watched = new Proxy(prices, {
    get: (target, property) =>
      property === 'dollars'
        ? (name: string) => {
            asked.add(name);
            return target.dollars(name);
          }
        : Reflect.get(target, property, target),
  });
  costs(deployed(), watched, WORKLOADS, ASSUMPTIONS);
  // Asked for by other templates than prod's.
  const others = ['lambda-x86_64-gb-second', 'xray-trace'];
  expect(prices.names.filter((name) => !asked.has(name) && !others.includes(name))).toEqual([]);
});

test("docs/scale.md has today's numbers (`make generate`)", () => {
  const answer: Costs = costs(deployed(), Prices.of(page), WORKLOADS, ASSUMPTIONS);
  expect(replaced(page, answer)).toBe(page);
});
