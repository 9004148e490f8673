import type { Environment } from '../cdk/environment.ts';

/** One developer at a time, cheap, free to be torn down. */
export const dev: Environment = {
  name: 'dev',
  account: '111111111111', // replace with the account of this environment
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
    logs: 7,
    events: 7,
    lake: 14,
    quarantine: 14,
    relayFailures: 7,
    assignments: 14,
    dispatchLists: 14,
    operationsLog: 14,
    accessLogs: 7,
  },
  functions: {
    architecture: 'arm64',
    logLevel: 'DEBUG',
    tracing: false,
    ingest: { memoryMb: 256 },
    relay: { memoryMb: 256 },
    lastLocation: { memoryMb: 256 },
    dispatch: { memoryMb: 1769 },
  },
  ingest: { quarantineStatus: 'reject', storeSigningIds: false },
  dispatch: {},
  relay: { batchSize: 100, batchWindowSeconds: 1, retryAttempts: 5, maxRecordAgeSeconds: 3_600 },
  lake: { bufferSeconds: 60, queryScanLimitMb: 1_000 },
  bus: { archiveDays: 1 },
  writeEdge: { requestsPerSecond: 50, burst: 100 },
  readEdge: {
    requestsPerSecond: 20,
    burst: 40,
    requestsPerDay: 20_000,
    gatewayResponses: 'definition',
  },
  alarms: {},
};
