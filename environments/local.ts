import type { Environment } from '../cdk/environment.ts';

/** The emulator of `make up`: in memory, gone with its process. */
export const local: Environment = {
  name: 'local',
  account: '000000000000',
  region: 'us-east-1',
  timeZone: 'UTC',
  // The emulator enforces IAM and does not know the bootstrap roles.
  deployWith: 'caller-credentials',
  // The checks are about AWS; they would double the time that `make up` spends on synthesis.
  templateChecks: false,
  protection: {
    terminationProtection: false,
    deletionProtection: false,
    retainData: false,
    // The emulator speaks plain HTTP, on loopback.
    tlsOnly: false,
  },
  retentionDays: {
    logs: 1,
    events: 7,
    lake: 7,
    quarantine: 7,
    relayFailures: 7,
    assignments: 7,
    dispatchLists: 7,
    operationsLog: 7,
    minutes: 7,
    days: 30,
    accessLogs: 1,
  },
  functions: {
    architecture: 'x86_64',
    logLevel: 'INFO',
    tracing: false,
    ingest: { memoryMb: 256 },
    relay: { memoryMb: 256 },
    lastLocation: { memoryMb: 256 },
    dispatch: { memoryMb: 512 },
    aggregatorMinutes: { memoryMb: 256 },
    aggregatorDaily: { memoryMb: 512 },
    analytics: { memoryMb: 256 },
  },
  ingest: { quarantineStatus: 'reject', storeSigningIds: true },
  dispatch: {},
  relay: { batchSize: 100, batchWindowSeconds: 0, retryAttempts: 3, maxRecordAgeSeconds: 3_600 },
  aggregator: {
    minutes: {
      batchSize: 100,
      batchWindowSeconds: 0,
      retryAttempts: 3,
      maxRecordAgeSeconds: 3_600,
    },
  },
  analytics: {
    todaySchedule: 'cron(5 * * * ? *)',
    lateSchedule: 'cron(25 0,6,12,18 * * ? *)',
    missingAfterHours: 4,
    lateDays: 3,
    storeReports: true,
    viewDays: 35,
    // The emulator's CloudFormation has none.
    namedQueries: false,
    queriesNamedBy: 'nothing',
  },
  lake: { bufferSeconds: 0, queryScanLimitMb: 1_000 },
  // The emulator has no bus archives and imports no gateway responses from a definition.
  bus: {},
  writeEdge: { requestsPerSecond: 1_000, burst: 2_000 },
  readEdge: {
    requestsPerSecond: 1_000,
    burst: 2_000,
    requestsPerDay: 1_000_000,
    gatewayResponses: 'resources',
  },
  alarms: {},
};
