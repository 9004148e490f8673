// What each alarm is about, in synthetic metrics. A new alarm needs a line here: alarm-conditions.test.ts.
import { prod } from '../../environments/prod.ts';
import type { Metrics, Published } from './alarm-evaluator.ts';
import { FUNCTIONS } from './synthesized.ts';

const CONSTRUCTS = Object.keys(FUNCTIONS);

/** What lasts how many minutes, and until now: metrics that are not as they normally are. */
export interface Condition {
  readonly minutes: number;
  readonly metrics: Readonly<Record<string, number | readonly number[] | Published | undefined>>;
}

export interface Case {
  /** Turns the alarm on. */
  readonly on: Condition;
  /** Comes close, and does not. */
  readonly off: readonly Condition[];
}

const EDGE = 'ApiId=WriteEdgeApi Stage=$default';
const POSTS = `AWS/ApiGateway Count ${EDGE}`;
const REFUSED = `AWS/ApiGateway 4xx ${EDGE}`;
const FAILED = `AWS/ApiGateway 5xx ${EDGE}`;
const READ_EDGE = 'ApiName=milkrun read edge Stage=ReadEdgeApiDeploymentStageprod';
const QUESTIONS = `AWS/ApiGateway Count ${READ_EDGE}`;
const UNANSWERED = `AWS/ApiGateway 5XXError ${READ_EDGE}`;
const QUARANTINED = 'milkrun QuarantinedRequests';
const ON_THE_BUS = 'milkrun StoredToBusSeconds';
const THROTTLES = 'AWS/Lambda Throttles';
const errors = (name: string) => `AWS/Lambda Errors FunctionName=${name}Function`;
const errorsOfNew = (name: string) =>
  `AWS/Lambda Errors ExecutedVersion=${name}FunctionCurrentVersion.Version FunctionName=${name}Function Resource=${name}Function:live`;
const failuresOfNew = (name: string) =>
  `milkrun FailedInvocations Function=${name}Function Version=${name}FunctionCurrentVersion.Version`;
const age = (name: string) => `AWS/Lambda IteratorAge FunctionName=${name}Function`;
const givenUp = (stream: string) =>
  `AWS/Lambda OnFailureDestinationDeliveredEventCount EventSourceMappingUUID=${stream}`;
const dropped = (stream: string) => `AWS/Lambda DroppedEventCount EventSourceMappingUUID=${stream}`;
const freshness = (delivery: string) =>
  `AWS/Firehose DeliveryToS3.DataFreshness DeliveryStreamName=${delivery}Stream`;
const notConverted = (delivery: string) =>
  `AWS/Firehose FailedConversion.Records DeliveryStreamName=${delivery}Stream`;
const waiting = (queue: string) =>
  `AWS/SQS ApproximateNumberOfMessagesVisible QueueName=${queue}.QueueName`;
const throttled = (table: string, operation: string) =>
  `AWS/DynamoDB ThrottledRequests Operation=${operation} TableName=${table}`;
const RUNS = 'AWS/Lambda Invocations FunctionName=AggregatorDailyFunction';

/** Metrics as AWS and the functions publish them on a good day with a million positions: 12 posts a second. */
export const NORMAL: Metrics = constant({
  [POSTS]: 720,
  // A device with a wrong clock here, a stranger there.
  [REFUSED]: 3,
  [FAILED]: 0,
  [QUESTIONS]: 60,
  [UNANSWERED]: 0,
  [QUARANTINED]: 1,
  [ON_THE_BUS]: [0.3, 0.6, 0.9, 1.4],
  // Lambda and API Gateway publish zeros, DynamoDB and the streams only what happens.
  [THROTTLES]: 0,
  [throttled('LocationEvents', 'PutItem')]: undefined,
  [throttled('DeliveryAssignments', 'UpdateItem')]: undefined,
  [RUNS]: (minute) => (minute % 60 === 5 ? 1 : undefined),
  ...each(CONSTRUCTS, errors, 0),
  ...each(CONSTRUCTS, errorsOfNew, 0),
  ...each(CONSTRUCTS, failuresOfNew, undefined),
  ...each(['Relay', 'AggregatorMinutes'], age, 1_500),
  ...each(['Stream', 'AssignmentsStream', 'AggregatorMinutesStream'], givenUp, undefined),
  ...each(['Stream', 'AssignmentsStream', 'AggregatorMinutesStream'], dropped, undefined),
  ...each(['Delivery', 'AssignmentsDelivery', 'UpdatesDelivery'], freshness, 330),
  ...each(['Delivery', 'AssignmentsDelivery', 'UpdatesDelivery'], notConverted, undefined),
  ...each(['CrossingsDeadLetters', 'AggregatorDailyDeadLetters'], waiting, 0),
});

/** No metric has any value: nothing happens at all. */
export const QUIET: Metrics = Object.fromEntries(
  Object.keys(NORMAL).map((name) => [name, () => undefined]),
);

/** Normal until the condition begins, `minutes` before `now`; normal again after `now`. */
export function during({ minutes, metrics }: Condition, now: number): Metrics {
  const isOn = (minute: number) => minute >= now - minutes && minute < now;
  const changed = Object.entries(constant(metrics)).map(([name, values]) => {
    const normal = NORMAL[name];
    if (normal === undefined) {
      throw new Error(`nobody publishes ${name}`);
    }
    return [name, (minute: number) => (isOn(minute) ? values : normal)(minute)] as const;
  });
  return { ...NORMAL, ...Object.fromEntries(changed) };
}

function constant(metrics: Condition['metrics']): Metrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name,
      typeof value === 'function' ? (value as Published) : () => value,
    ]),
  );
}

function each<T>(names: string[], metric: (name: string) => string, value: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [metric(name), value]));
}

/** Nothing comes close to what must never happen. */
const once = (metric: string, value = 1): Case => ({
  on: { minutes: 1, metrics: { [metric]: value } },
  off: [],
});

const lasting = (minutes: number, metric: string, value: number, less: number): Case => ({
  on: { minutes, metrics: { [metric]: value } },
  off: [
    { minutes, metrics: { [metric]: less } },
    // A period that is good again ends it, or it has not lasted.
    { minutes: minutes - 5, metrics: { [metric]: value } },
  ],
});

/**
 * Nothing for some periods of this many minutes. CloudWatch looks farther back where data is missing, and what it
 * finds there still counts: so it takes two periods more until the alarm is on.
 */
const silent = (periods: number, minutes: number, metric: string): Case => ({
  on: { minutes: (periods + 2) * minutes, metrics: { [metric]: undefined } },
  off: [{ minutes: (periods - 1) * minutes, metrics: { [metric]: undefined } }],
});

export const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    CONSTRUCTS.flatMap((name) => [
      [`${name}Errors`, once(errors(name))],
      [`${name}CanaryErrors`, once(errorsOfNew(name))],
      [`${name}CanaryFailures`, once(failuresOfNew(name))],
    ]),
  ),
  WriteEdgeServerErrors: {
    on: { minutes: 5, metrics: { [FAILED]: 11 } },
    off: [
      // Within what the objective allows, also if it goes on; and a blip.
      { minutes: 5, metrics: { [FAILED]: 10 } },
      { minutes: 4, metrics: { [FAILED]: 720 } },
      // At night one failed post is a large share.
      { minutes: 60, metrics: { [POSTS]: 3, [REFUSED]: 0, [FAILED]: 1 } },
    ],
  },
  WriteEdgeOutage: {
    // A post a minute, and none is acknowledged.
    on: { minutes: 15, metrics: { [POSTS]: 1, [REFUSED]: 0, [FAILED]: 1 } },
    off: [
      { minutes: 15, metrics: { [POSTS]: 1, [REFUSED]: 0, [FAILED]: (m) => Number(m % 3 === 0) } },
      // Two posts, and both fail.
      {
        minutes: 15,
        metrics: Object.fromEntries(
          [POSTS, REFUSED, FAILED].map((name) => [
            name,
            (m: number) => Number(name !== REFUSED && m % 8 === 0),
          ]),
        ),
      },
    ],
  },
  WriteEdgeErrorBudget: {
    on: { minutes: 360, metrics: { [FAILED]: 5 } },
    off: [
      { minutes: 360, metrics: { [FAILED]: 4 } },
      { minutes: 4, metrics: { [FAILED]: 360 } },
      {
        minutes: 360,
        metrics: { [POSTS]: 1, [REFUSED]: 0, [FAILED]: (m) => Number(m % 20 === 0) },
      },
    ],
  },
  WriteEdgeRejections: {
    on: { minutes: 15, metrics: { [REFUSED]: 36 } },
    off: [
      { minutes: 15, metrics: { [REFUSED]: 35 } },
      { minutes: 10, metrics: { [REFUSED]: 720 } },
      { minutes: 15, metrics: { [POSTS]: 9, [REFUSED]: 9 } },
    ],
  },
  WriteEdgeSilence: silent((prod.alarms.silentAfterMinutes ?? 0) / 5, 5, POSTS),
  QuarantineAlarm: {
    on: { minutes: 15, metrics: { [QUARANTINED]: 8 } },
    off: [
      { minutes: 15, metrics: { [QUARANTINED]: 7 } },
      { minutes: 10, metrics: { [QUARANTINED]: 720 } },
      { minutes: 15, metrics: { [POSTS]: 5, [QUARANTINED]: 3 } },
    ],
  },
  EventLogThrottles: lasting(10, throttled('LocationEvents', 'PutItem'), 2, 1),
  StoredToBus: {
    on: { minutes: 15, metrics: { [ON_THE_BUS]: [0.3, 0.6, 0.9, 2.1] } },
    off: [
      { minutes: 15, metrics: { [ON_THE_BUS]: [...Array(198).fill(0.5), 9, 9] } },
      { minutes: 10, metrics: { [ON_THE_BUS]: 60 } },
    ],
  },
  RelayLag: lasting(3, age('Relay'), 300_000, 299_999),
  RelayFailures: once(givenUp('Stream')),
  RelayDropped: once(dropped('Stream')),
  RelayAssignmentsFailures: once(givenUp('AssignmentsStream')),
  RelayAssignmentsDropped: once(dropped('AssignmentsStream')),
  AggregatorMinutesLag: lasting(3, age('AggregatorMinutes'), 600_000, 599_999),
  AggregatorMinutesFailures: once(givenUp('AggregatorMinutesStream')),
  AggregatorMinutesDropped: once(dropped('AggregatorMinutesStream')),
  ...Object.fromEntries(
    ['Delivery', 'AssignmentsDelivery', 'UpdatesDelivery'].flatMap((delivery) => [
      [`${delivery}FailedConversions`, once(notConverted(delivery))],
      [
        `${delivery}StaleDelivery`,
        {
          on: { minutes: 1, metrics: { [freshness(delivery)]: 15 * 60 } },
          // The longest that Firehose may buffer, and some time to write.
          off: [{ minutes: 60, metrics: { [freshness(delivery)]: 600 + 60 } }],
        },
      ],
    ]),
  ),
  CrossingsDeadLetterAlarm: once(waiting('CrossingsDeadLetters')),
  AggregatorDailyDeadLetterAlarm: once(waiting('AggregatorDailyDeadLetters')),
  AggregatorDailyMissing: silent(prod.analytics.missingAfterHours, 60, RUNS),
  AssignmentsThrottles: lasting(15, throttled('DeliveryAssignments', 'UpdateItem'), 2, 1),
  ReadEdgeServerErrors: {
    on: { minutes: 5, metrics: { [UNANSWERED]: 1 } },
    off: [
      { minutes: 4, metrics: { [UNANSWERED]: 1 } },
      { minutes: 5, metrics: { [QUESTIONS]: 6000, [UNANSWERED]: 59 } },
    ],
  },
  Throttles: lasting(15, THROTTLES, 2, 1),
};
