import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { emulated } from '../../environments/emulated.ts';
import { environmentNamed, environments } from '../../environments/index.ts';
import { local } from '../../environments/local.ts';
import { prod } from '../../environments/prod.ts';
import type { Environment } from '../environment.ts';
import { validateEnvironment } from '../environment-rules.ts';

test.each(environments)('$name is valid', (environment) => {
  expect(() => validateEnvironment(environment)).not.toThrow();
});

test('an unknown or missing name is answered with the legal ones', () => {
  expect(() => environmentNamed('production')).toThrow(
    'MILKRUN_ENVIRONMENT is "production": it must be one of local, dev, test, prod',
  );
  expect(() => environmentNamed(undefined)).toThrow('MILKRUN_ENVIRONMENT is not set');
  expect(environmentNamed('prod')).toBe(prod);
});

const spoilt: [string, unknown, string][] = [
  ['account', '12', 'account must be twelve digits, not "12"'],
  ['infra.createOidcProvider', undefined, 'infra.createOidcProvider must be one of true, false'],
  [
    'infra.accessLogsBucket',
    'arn:aws:s3:::any',
    'infra.accessLogsBucket must be the name of a bucket',
  ],
  ['region', 'Frankfurt', 'region must be the name of an AWS region, not "Frankfurt"'],
  ['timeZone', 'New York', 'timeZone must be the IANA name of a time zone, not "New York"'],
  ['timeZone', 'america/new_york', 'timeZone must be the IANA name of a time zone, not'],
  ['timeZone', undefined, 'timeZone must be the IANA name of a time zone, not undefined'],
  ['protection.tlsOnly', 'yes', 'protection.tlsOnly must be one of true, false, not "yes"'],
  ['retentionDays.logs', 91, 'retentionDays.logs must be one of 1, 3, 5, 7'],
  ['retentionDays.events', 0, 'retentionDays.events must be a whole number from 1 to 3650, not 0'],
  ['retentionDays.assignments', 0.5, 'retentionDays.assignments must be a whole number from 1'],
  ['retentionDays.dispatchLists', 1, 'retentionDays.dispatchLists must be a whole number from 2'],
  ['retentionDays.operationsLog', 0, 'retentionDays.operationsLog must be a whole number from 1'],
  ['retentionDays.minutes', 0, 'retentionDays.minutes must be a whole number from 1 to 3650'],
  ['retentionDays.days', 3_651, 'retentionDays.days must be a whole number from 1 to 3650'],
  ['functions.ingest.memoryMb', 64, 'functions.ingest.memoryMb must be a whole number from 128'],
  ['functions.relay.reservedConcurrency', 0, 'functions.relay.reservedConcurrency must be'],
  ['functions.dispatch.memoryMb', 10_241, 'functions.dispatch.memoryMb must be a whole number'],
  ['ingest.quarantineStatus', 'drop', 'ingest.quarantineStatus must be one of reject, accept'],
  ['dispatch.warmWritesPerSecond', 3_999, 'dispatch.warmWritesPerSecond must be a whole number'],
  ['relay.batchSize', 10_001, 'relay.batchSize must be a whole number from 1 to 10000, not 10001'],
  ['relay.retryAttempts', -1, 'relay.retryAttempts must be a whole number from 0'],
  ['relay.maxRecordAgeSeconds', 59, 'relay.maxRecordAgeSeconds must be a whole number from 60'],
  ['aggregator.minutes.batchWindowSeconds', 301, 'aggregator.minutes.batchWindowSeconds must be'],
  [
    'analytics.todaySchedule',
    'hourly',
    'analytics.todaySchedule must be rate(…) or cron(…), not "hourly"',
  ],
  ['analytics.lateSchedule', 'rate(0 hours)', 'analytics.lateSchedule must be rate(…) or cron(…)'],
  ['analytics.missingAfterHours', 169, 'analytics.missingAfterHours must be a whole number from 1'],
  ['analytics.lateDays', 31, 'analytics.lateDays must be a whole number from 0 to 30, not 31'],
  ['analytics.storeReports', 'yes', 'analytics.storeReports must be one of true, false'],
  ['analytics.viewDays', 0, 'analytics.viewDays must be a whole number from 1 to 3650, not 0'],
  ['analytics.namedQueries', undefined, 'analytics.namedQueries must be one of true, false'],
  ['lake.queryScanLimitMb', undefined, 'lake.queryScanLimitMb must be a whole number from 10'],
  ['readEdge.requestsPerDay', 1.5, 'readEdge.requestsPerDay must be a whole number'],
  ['tracing', 1.1, 'tracing must be a number from 0 to 1, not 1.1'],
  ['rollout.canaryPercent', 100, 'rollout.canaryPercent must be a whole number from 1 to 99'],
  ['rollout.canaryMinutes', undefined, 'rollout.canaryMinutes must be a whole number from 1'],
  ['rollout.linear', true, 'rollout.linear is no field'],
  ['dispatchData', 'pulumi', 'dispatchData must be one of cdk, terraform, not "pulumi"'],
  ['dispatch.warmWrites', 5_000, 'dispatch.warmWrites is no field'],
  ['alarms.page', [], 'alarms.page must name somebody in prod'],
  ['alarms.page', undefined, 'alarms.page must be a list of e-mail addresses and https:// URLs'],
  ['alarms.ticket', ['http://example.com'], 'alarms.ticket must be a list of e-mail addresses'],
  ['lake.bufferSeconds', 601, 'lake.bufferSeconds must be a whole number from 0 to 600, not 601'],
  ['alarms.metricMath', undefined, 'alarms.metricMath must be one of true, false'],
  ['alarms.silentAfterMinutes', 62, 'alarms.silentAfterMinutes must be a multiple of 5 from 5 to'],
  ['readEdge', undefined, 'readEdge.requestsPerSecond must be a whole number'],
];

test.each(spoilt)('%s = %j is refused by name', (path, value, message) => {
  const environment: any = structuredClone(prod);
  const fields = path.split('.');
  const last = fields.pop() ?? '';
  fields.reduce((inner, field) => inner[field], environment)[last] = value;
  expect(() => validateEnvironment(environment)).toThrow(`environments/prod.ts: ${message}`);
});

test('prod may do without a canary, the others without anybody to notify', () => {
  expect(() => validateEnvironment({ ...prod, rollout: undefined })).not.toThrow();
  const alarms = { page: [], ticket: ['https://example.com/hook'], metricMath: true };
  expect(() => validateEnvironment({ ...prod, name: 'test', alarms })).not.toThrow();
});

test('local is made for the emulator, and prod becomes so by what the emulator lacks alone', () => {
  expect(emulated(local)).toEqual(local);
  const standIn = emulated(prod);
  expect(() => validateEnvironment(standIn)).not.toThrow();
  const fields = Object.keys(prod) as (keyof Environment)[];
  expect(fields.filter((field) => !isDeepStrictEqual(standIn[field], prod[field]))).toEqual([
    'deployWith',
    'templateChecks',
    'protection',
    'functions',
    'tracing',
    'rollout',
    'analytics',
    'bus',
    'readEdge',
    'alarms',
  ]);
});

test('every fault is named at once', () => {
  const environment = { ...prod, account: '', region: '' };
  expect(() => validateEnvironment(environment)).toThrow(/account must be.*; region must be/);
});
