import type { Environment } from '../cdk/environment.ts';

export const prod: Environment = {
  name: 'prod',
  account: '333333333333', // replace with the account of this environment
  region: 'us-east-1',
  timeZone: 'America/New_York',
  deployWith: 'bootstrap-roles',
  templateChecks: true,
  protection: {
    terminationProtection: true,
    deletionProtection: true,
    retainData: true,
    tlsOnly: true,
  },
  retentionDays: {
    logs: 90,
    // The lake keeps them for longer, at a tenth of the price (docs/scale.md).
    events: 30,
    lake: 730,
    quarantine: 90,
    relayFailures: 30,
    assignments: 90,
    dispatchLists: 90,
    operationsLog: 730,
    minutes: 30,
    days: 1825,
    accessLogs: 90,
  },
  functions: {
    architecture: 'arm64',
    logLevel: 'INFO',
    // Kept free for senders, whatever else runs in the account: 4,000 requests a second of 50 ms each. The others
    // share the rest: readers may wait, streams keep what they cannot yet give, and schedules come again.
    // Of the account's quota 100 must stay unreserved, so it has to be 300 or more.
    ingest: { memoryMb: 256, reservedConcurrency: 200 },
    relay: { memoryMb: 256 },
    lastLocation: { memoryMb: 256 },
    // The memory that comes with one whole CPU: a large assignment is mostly computing.
    dispatch: { memoryMb: 1769 },
    aggregatorMinutes: { memoryMb: 256 },
    aggregatorDaily: { memoryMb: 512 },
    analytics: { memoryMb: 256 },
  },
  tracing: 0.001,
  rollout: { canaryPercent: 10, canaryMinutes: 10 },
  ingest: { quarantineStatus: 'reject', storeSigningIds: false },
  dispatchData: 'cdk',
  infra: { createOidcProvider: true },
  dispatch: {},
  // A second's window packs a dozen rows into a Firehose record at a million events a day, and keeps the
  // bus within two seconds of the request. Twenty tries outlast an outage of minutes, and six
  // hours leave a day's stream time to replay what still failed.
  relay: { batchSize: 1000, batchWindowSeconds: 1, retryAttempts: 20, maxRecordAgeSeconds: 21_600 },
  // Half a minute's positions of a driver are one computation of the minute, not one for each.
  aggregator: {
    minutes: {
      batchSize: 10_000,
      batchWindowSeconds: 30,
      retryAttempts: 20,
      maxRecordAgeSeconds: 21_600,
    },
  },
  analytics: {
    todaySchedule: 'cron(5 * * * ? *)',
    lateSchedule: 'cron(25 0,6,12,18 * * ? *)',
    missingAfterHours: 4,
    lateDays: 3,
    storeReports: true,
    viewDays: 35,
    namedQueries: true,
    queriesNamedBy: 'workgroup',
  },
  lake: { bufferSeconds: 300, queryScanLimitMb: 100_000 },
  bus: { archiveDays: 30 },
  writeEdge: { requestsPerSecond: 2_000, burst: 4_000 },
  readEdge: {
    requestsPerSecond: 100,
    burst: 200,
    requestsPerDay: 1_000_000,
    gatewayResponses: 'definition',
  },
  alarms: {
    page: ['oncall@example.com'],
    ticket: [],
    metricMath: true,
    // Couriers drive around the clock. Where they do not: the length of the night.
    silentAfterMinutes: 60,
  },
};
