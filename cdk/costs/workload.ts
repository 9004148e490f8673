// What no template knows: how much comes, how large it is, and how long it takes.

export interface Workload {
  readonly name: string;
  readonly positionsPerDay: number;
  /** 1 for webhooks; platforms may send up to 100. */
  readonly eventsPerRequest: number;
}

/** What a courier's day is like, and what its events weigh. */
export interface Assumptions {
  /** Hours of the day in which couriers drive. Fewer would fill the relay's batches better. */
  readonly activeHours: number;
  /** The busiest second against the average one of the whole day. */
  readonly peakFactor: number;
  /** Share of events with an order and a position: only these are in the index by order. */
  readonly shareWithOrder: number;
  /** Share of events that are published on the bus. */
  readonly shareOnBus: number;
  /** Share of events that the example subscriber's rule takes: geofence crossings. */
  readonly shareCrossings: number;
  /** Between two positions of a driver. */
  readonly secondsBetweenPositions: number;
  readonly bytes: Bytes;
  readonly milliseconds: Milliseconds;
  /** Metrics in the namespace `milkrun`: three without dimensions, and requests in quarantine, in all and by reason. */
  readonly customMetrics: number;
  /** Metrics that a stream mapping with event counts publishes. */
  readonly metricsPerMapping: number;
}

export interface Bytes {
  /** By attribute, of an event's item: DynamoDB counts names and values. */
  readonly attributes: Readonly<Record<string, number>>;
  /** What DynamoDB adds to each stored item, in the table and in each index. */
  readonly itemOverhead: number;
  /** An item as Lambda gets it from the stream. */
  readonly streamRecord: number;
  /** A row of JSON on its way to the lake. */
  readonly row: number;
  /** A row in the lake's Parquet files, and those of its columns that the daily query reads. */
  readonly parquet: number;
  readonly scanned: number;
  /** An event on the bus, envelope included. */
  readonly busEvent: number;
  /** An item of a driver's minute. */
  readonly minuteItem: number;
  /** A line of a metric. */
  readonly metricLine: number;
  /** What CloudWatch Logs adds to each line, and what is left of a line that it keeps. */
  readonly lineOverhead: number;
  readonly linesKept: number;
  /** An answer of the write edge: status line, headers and body. */
  readonly answer: number;
}

/** Billed time of an invocation: what it takes at least, and what each event adds. */
export interface Milliseconds {
  readonly ingest: Duration;
  readonly relay: Duration;
  /** The second number is for each minute that is computed. */
  readonly aggregatorMinutes: Duration;
  readonly read: Duration;
}

export type Duration = readonly [base: number, each: number];

export const MILLION = 1_000_000;
const sizes = [MILLION, 100 * MILLION, 10_000 * MILLION];

/** What the model is asked for: today's size, the size without a change of design, and the one on paper. */
export const WORKLOADS: readonly Workload[] = [1, 100].flatMap((eventsPerRequest) =>
  sizes.map((positionsPerDay) => ({
    name: eventsPerRequest === 1 ? 'webhooks' : 'batches',
    positionsPerDay,
    eventsPerRequest,
  })),
);

/** docs/scale.md says where each comes from. */
export const ASSUMPTIONS: Assumptions = {
  activeHours: 12,
  peakFactor: 10,
  shareWithOrder: 0.86,
  shareOnBus: 0.03,
  shareCrossings: 0.01,
  secondsBetweenPositions: 15,
  bytes: {
    attributes: {
      sort_key: 57,
      expires_at: 17,
      event_id: 32,
      source: 11,
      event_type: 27,
      kind: 16,
      driver_id: 33,
      external_driver_id: 27,
      order_id: 27,
      trip_id: 31,
      latitude: 15,
      longitude: 16,
      accuracy_m: 14,
      recorded_at: 35,
      received_at: 35,
      live: 5,
      attributes: 290,
      located_order_id: 35,
    },
    itemOverhead: 100,
    streamRecord: 1_600,
    row: 900,
    parquet: 145,
    scanned: 97,
    busEvent: 1_100,
    minuteItem: 460,
    metricLine: 175,
    lineOverhead: 26,
    linesKept: 0.15,
    answer: 300,
  },
  milliseconds: {
    ingest: [10, 0.5],
    relay: [40, 0.1],
    aggregatorMinutes: [30, 1],
    read: [10, 0],
  },
  customMetrics: 15,
  metricsPerMapping: 6,
};
