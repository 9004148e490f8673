import type { Environment } from '../cdk/environment.ts';

/** As prod, smaller, and free to be torn down. */
export const test: Environment = {
  name: 'test',
  account: '222222222222', // replace with the account of this environment
  region: 'us-east-1',
  timeZone: 'America/New_York',
  deployWith: 'bootstrap-roles',
  templateChecks: true,
  protection: {
    terminationProtection: false,
    deletionProtection: false,
    retainData: false,
    tlsOnly: true,
  },
  retentionDays: {
    logs: 30,
    events: 30,
    lake: 30,
    quarantine: 30,
    relayFailures: 14,
    assignments: 30,
    dispatchLists: 30,
    operationsLog: 30,
    accessLogs: 30,
  },
  functions: {
    architecture: 'arm64',
    logLevel: 'INFO',
    tracing: false,
    ingest: { memoryMb: 256 },
    relay: { memoryMb: 256 },
    lastLocation: { memoryMb: 256 },
    dispatch: { memoryMb: 1769 },
  },
  ingest: { quarantineStatus: 'reject', storeSigningIds: false },
  dispatch: {},
  relay: { batchSize: 1000, batchWindowSeconds: 1, retryAttempts: 20, maxRecordAgeSeconds: 21_600 },
  lake: { bufferSeconds: 60, queryScanLimitMb: 10_000 },
  bus: { archiveDays: 7 },
  writeEdge: { requestsPerSecond: 500, burst: 1_000 },
  readEdge: {
    requestsPerSecond: 50,
    burst: 100,
    requestsPerDay: 100_000,
    gatewayResponses: 'definition',
  },
  alarms: {},
};
