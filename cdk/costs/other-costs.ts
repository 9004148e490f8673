// What taking in is not: keeping, what is computed of it, who reads it, and what stands there anyway.
import { ConfigurationError } from '../configuration-error.ts';
import { DAYS_OF_A_MONTH, GIGABYTE } from './arrival.ts';
import type { Deployed } from './deployed.ts';
import { invocations } from './invocations.ts';
import { indexed, size } from './item.ts';
import { accessLine, logPrice } from './logs.ts';
import type { Prices } from './prices.ts';
import { type Line, type Question, sum } from './question.ts';
import { type Assumptions, MILLION } from './workload.ts';

const READ_UNIT_BYTES = 4_096;
const TERABYTE = 1_000_000_000_000;

/** Storage of a million positions, from their arrival until they expire. */
export function keeping(question: Question): Line[] {
  const { deployed, prices, assumptions, arrival } = question;
  const { attributes, itemOverhead, parquet, busEvent, minuteItem, lineOverhead, linesKept } =
    assumptions.bytes;
  const cost = (bytes: number, days: number, price: string) =>
    ((MILLION * bytes) / GIGABYTE) * (days / DAYS_OF_A_MONTH) * prices.dollars(price);
  const stored = (share: number, bytes: number) => share * (bytes + itemOverhead);

  const { indexes, restorable } = deployed.table('LocationEvents');
  const { eventDays } = deployed;
  const item = stored(1, size(attributes));
  const copies = sum(
    indexes.map((index) => stored(indexed(index.keys, assumptions), size(attributes, index.holds))),
  );
  const minutes = deployed.function('AggregatorMinutesFunction').variables;
  const [archive] = deployed.all('AWS::Events::Archive');
  const access = accessLine(deployed.one('AWS::ApiGatewayV2::Stage', 'WriteEdgeStage'));
  const { RetentionInDays } = deployed.one('AWS::Logs::LogGroup', 'WriteEdgeAccessLog');
  const logged = ((access + lineOverhead) * arrival.requestsPerMillion) / MILLION;
  const published = assumptions.shareOnBus * busEvent;
  return [
    {
      what: `DynamoDB: the log and its indexes, ${eventDays} days`,
      dollars: cost(item + copies, eventDays, 'dynamodb-gb-month'),
    },
    {
      what: 'DynamoDB: point-in-time recovery of the log',
      dollars: restorable ? cost(item, eventDays, 'dynamodb-pitr-gb-month') : 0,
    },
    {
      what: `DynamoDB: drivers' minutes, ${minutes.MINUTE_RETENTION_DAYS} days`,
      dollars: cost(
        minutesPerPosition(assumptions) * (minuteItem + itemOverhead),
        Number(minutes.MINUTE_RETENTION_DAYS),
        'dynamodb-gb-month',
      ),
    },
    {
      what: `S3: the lake, ${deployed.bucketDays('LakeBucket', 'location_events/')} days`,
      dollars: cost(parquet, deployed.bucketDays('LakeBucket', 'location_events/'), 's3-gb-month'),
    },
    {
      what: `CloudWatch Logs: access log, ${RetentionInDays} days`,
      dollars: cost(logged * linesKept, RetentionInDays, 'logs-gb-month'),
    },
    {
      what: "EventBridge: the bus's archive",
      dollars:
        archive === undefined
          ? 0
          : cost(published, DAYS_OF_A_MONTH, 'archive-gb') +
            cost(published, archive.Properties.RetentionDays, 'archive-gb-month'),
    },
  ];
}

/** Each batch computes anew the minutes that it touches: reads their events, writes the minute. */
export function driversMinutes(question: Question): Line[] {
  const { deployed, prices, assumptions, arrival } = question;
  const { secondsBetweenPositions: interval, bytes } = assumptions;
  const batches = arrival.batches(deployed.stream('AggregatorMinutesStream'));
  // A driver's positions in a batch are of one minute, and of one more for each that ends between them.
  const together = Math.max(1, batches.seconds / interval);
  const touched = (1 + ((together - 1) * interval) / 60) / together;
  // When a minute is computed, it is over or under way: three quarters of its positions are there.
  const position = size(bytes.attributes);
  const units = Math.ceil((0.75 * Math.max(1, 60 / interval) * position) / READ_UNIT_BYTES);
  return [
    ...invocations(question, {
      name: 'aggregator-minutes',
      id: 'AggregatorMinutesFunction',
      perMillion: batches.perMillion,
      duration: assumptions.milliseconds.aggregatorMinutes,
      items: batches.events * touched,
    }),
    {
      what: 'DynamoDB: minutes written',
      dollars: touched * prices.dollars('dynamodb-write-unit'),
    },
    {
      what: 'DynamoDB: their events read',
      dollars: touched * units * prices.dollars('dynamodb-read-unit'),
    },
  ];
}

export function minutesPerPosition({ secondsBetweenPositions }: Assumptions): number {
  return Math.min(1, secondsBetweenPositions / 60);
}

/** The queries that make days' numbers: each reads the lake from its day's arrival until now. */
export function daysNumbers({ deployed, prices, assumptions }: Question): Line[] {
  const late = Number(deployed.function('AggregatorDailyFunction').variables.LATE_DAYS);
  // Of today, half has arrived. The late run computes today, the days before, and the one that is final.
  const today = 0.5;
  const lateRun = sum(Array.from({ length: late + 2 }, (_, day) => day + today));
  const days =
    runs(deployed, 'AggregatorDailyScheduleToday') * today +
    runs(deployed, 'AggregatorDailyScheduleLate') * lateRun;
  return [
    {
      what: 'Athena: bytes scanned',
      dollars:
        ((days * MILLION * assumptions.bytes.scanned) / TERABYTE) * prices.dollars('athena-tb'),
    },
  ];
}

/** How often a day a schedule comes: `cron(5 * * * ? *)` or `cron(25 0,6 * * ? *)`, nothing else. */
function runs(deployed: Deployed, id: string): number {
  const { ScheduleExpression } = deployed.one('AWS::Scheduler::Schedule', id);
  const [, hours] = /^cron\(\S+ (\*|[\d,]+) \* \* \? \*\)$/.exec(ScheduleExpression) ?? [];
  if (hours === undefined) {
    throw new ConfigurationError(`the cost model cannot read ${ScheduleExpression}`);
  }
  return hours === '*' ? 24 : hours.split(',').length;
}

/** Crossings into the example's queue: put, received, deleted. Putting them there is free. */
export function exampleSubscriber({ prices, assumptions }: Question): Line[] {
  return [
    {
      what: 'SQS: crossings received and deleted',
      dollars: assumptions.shareCrossings * 3 * prices.dollars('sqs-request'),
    },
  ];
}

/** A million answers where an order or a driver is. */
export function reading(deployed: Deployed, prices: Prices, assumptions: Assumptions): number {
  const { gigabytes, second } = deployed.function('LastLocationFunction');
  const access = accessLine(deployed.one('AWS::ApiGateway::Stage', 'ReadEdgeApiDeploymentStage.*'));
  const { lineOverhead, answer } = assumptions.bytes;
  return (
    prices.dollars('rest-api-request') +
    prices.dollars('lambda-request') +
    MILLION * (assumptions.milliseconds.read[0] / 1_000) * gigabytes * prices.dollars(second) +
    prices.dollars('dynamodb-read-unit') +
    ((MILLION * (access + lineOverhead)) / GIGABYTE) *
      prices.dollars(logPrice(deployed, 'ReadEdgeAccessLog')) +
    ((MILLION * 2 * answer) / GIGABYTE) * prices.dollars('data-out-gb')
  );
}

/** What a month costs, however little comes. */
export function standing(
  deployed: Deployed,
  prices: Prices,
  assumptions: Assumptions,
): { what: string; dollars: number }[] {
  const alarms = deployed.all('AWS::CloudWatch::Alarm').map(({ Properties }) => {
    const metrics = (Properties.Metrics ?? [{ MetricStat: {} }]) as { MetricStat?: object }[];
    return metrics.filter(({ MetricStat }) => MetricStat !== undefined).length;
  });
  const mappings = deployed
    .all('AWS::Lambda::EventSourceMapping')
    .filter(({ Properties }) => Properties.MetricsConfig !== undefined).length;
  const secrets = deployed.all('AWS::SecretsManager::Secret').length;
  const keys = deployed.all('AWS::KMS::Key').length;
  const dashboards = deployed.all('AWS::CloudWatch::Dashboard').length;
  const metrics = assumptions.customMetrics + mappings * assumptions.metricsPerMapping;
  return [
    {
      what: `CloudWatch: ${sum(alarms)} metrics under alarm`,
      dollars: sum(alarms) * prices.dollars('alarm-metric-month'),
    },
    {
      what: `CloudWatch: ${metrics} metrics of our own and of stream mappings`,
      dollars: metrics * prices.dollars('custom-metric-month'),
    },
    {
      what: `CloudWatch: ${dashboards} dashboard`,
      dollars: dashboards * prices.dollars('dashboard-month'),
    },
    {
      what: `KMS: ${keys} key`,
      dollars: keys * prices.dollars('kms-key-month'),
    },
    {
      what: `Secrets Manager: ${secrets} secrets`,
      dollars: secrets * prices.dollars('secret-month'),
    },
  ];
}
