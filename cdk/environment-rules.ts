import { RetentionDays as LogRetention } from 'aws-cdk-lib/aws-logs';
import { ConfigurationError } from './configuration-error.ts';
import type { Environment } from './environment.ts';

/** Says what a value must be, or nothing where it is right. */
type Rule = (value: unknown) => string | undefined;

/** The rules of a group that may be absent as a whole, where it is not. */
type Group<T> = (value: unknown) => Rules<T> | undefined;

/** One rule for each leaf of T: a new field without a rule does not compile. */
type Rules<T> = {
  readonly [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[]
    ? Rule
    : NonNullable<T[K]> extends object
      ? undefined extends T[K]
        ? Group<NonNullable<T[K]>>
        : Rules<NonNullable<T[K]>>
      : Rule;
};

const matches =
  (pattern: RegExp, what: string): Rule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : what;

const oneOf =
  (...legal: readonly unknown[]): Rule =>
  (value) =>
    legal.includes(value) ? undefined : `one of ${legal.join(', ')}`;

const whole =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;

const share: Rule = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1';

const optional =
  <R>(rule: (value: unknown) => R | undefined) =>
  (value: unknown) =>
    value === undefined ? undefined : rule(value);

const recipients: Rule = (value) =>
  Array.isArray(value) &&
  value.every((each) => /^([^@\s]+@[^@\s]+\.[^@\s]+|https:\/\/\S+)$/.test(String(each)))
    ? undefined
    : 'a list of e-mail addresses and https:// URLs';

const timeZone: Rule = (value) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: String(value) });
  } catch {
    return 'the IANA name of a time zone';
  }
  // Intl takes any case, and in newer versions an offset, which knows no summer time.
  return /^[A-Z]/.test(String(value)) ? undefined : 'the IANA name of a time zone';
};

// CloudWatch looks back a day at most in steps of five minutes.
const fiveMinutes: Rule = (value) =>
  whole(5, 1440)(value) === undefined && Number(value) % 5 === 0
    ? undefined
    : 'a multiple of 5 from 5 to 1440';

const yesOrNo = oneOf(true, false);
const days = whole(1, 3650);

const functionSize: Rules<Environment['functions']['ingest']> = {
  memoryMb: whole(128, 10_240),
  reservedConcurrency: optional(whole(1, 10_000)),
};

// Lambda's own limits for a DynamoDB stream; records live 24 hours in it.
const schedule = matches(
  /^(rate\([1-9]\d* (minute|hour|day)s?\)|cron\([^()]+\))$/,
  'rate(…) or cron(…)',
);
const streamSettings: Rules<Environment['relay']> = {
  batchSize: whole(1, 10_000),
  batchWindowSeconds: whole(0, 300),
  retryAttempts: whole(0, 10_000),
  maxRecordAgeSeconds: whole(60, 86_400),
};

const logRetention = Object.values(LogRetention).filter(
  (value): value is LogRetention => typeof value === 'number' && value <= 3653,
);

const rules: Rules<Environment> = {
  name: matches(/^[a-z][a-z0-9]*$/, 'lower-case letters and digits'),
  account: matches(/^\d{12}$/, 'twelve digits'),
  region: matches(/^[a-z]{2}(-[a-z]+)+-\d$/, 'the name of an AWS region'),
  timeZone,
  deployWith: oneOf('bootstrap-roles', 'caller-credentials'),
  templateChecks: yesOrNo,
  protection: {
    terminationProtection: yesOrNo,
    deletionProtection: yesOrNo,
    retainData: yesOrNo,
    tlsOnly: yesOrNo,
  },
  retentionDays: {
    logs: oneOf(...logRetention),
    events: days,
    lake: days,
    quarantine: days,
    relayFailures: days,
    assignments: days,
    // A day's lists may come the day before.
    dispatchLists: whole(2, 3650),
    operationsLog: days,
    minutes: days,
    days,
    accessLogs: days,
  },
  functions: {
    architecture: oneOf('arm64', 'x86_64'),
    logLevel: oneOf('INFO', 'DEBUG'),
    ingest: functionSize,
    relay: functionSize,
    lastLocation: functionSize,
    dispatch: functionSize,
    aggregatorMinutes: functionSize,
    aggregatorDaily: functionSize,
    analytics: functionSize,
  },
  tracing: share,
  // CodeDeploy's own limit is two days.
  rollout: optional(() => ({ canaryPercent: whole(1, 99), canaryMinutes: whole(1, 2880) })),
  ingest: { quarantineStatus: oneOf('reject', 'accept'), storeSigningIds: yesOrNo },
  dispatchData: oneOf('cdk', 'terraform'),
  infra: {
    createOidcProvider: yesOrNo,
    accessLogsBucket: optional(
      matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket, not its ARN'),
    ),
  },
  // A new table takes 4,000 without being told, and DynamoDB accepts no less.
  dispatch: { warmWritesPerSecond: optional(whole(4_000, 1_000_000)) },
  relay: streamSettings,
  aggregator: { minutes: streamSettings },
  analytics: {
    todaySchedule: schedule,
    lateSchedule: schedule,
    // CloudWatch looks back a week at most.
    missingAfterHours: whole(1, 168),
    // With the day that has just become final, they are a month.
    lateDays: whole(0, 30),
    storeReports: yesOrNo,
    viewDays: days,
    namedQueries: yesOrNo,
    queriesNamedBy: oneOf('workgroup', 'nothing'),
  },
  // What is buffered longer cannot be in the lake in time; Athena accepts no scan limit below 10 MB.
  lake: { bufferSeconds: whole(0, 600), queryScanLimitMb: whole(10, 10_000_000) },
  bus: { archiveDays: optional(days) },
  writeEdge: { requestsPerSecond: whole(1, 100_000), burst: whole(1, 100_000) },
  readEdge: {
    requestsPerSecond: whole(1, 10_000),
    burst: whole(1, 5_000),
    requestsPerDay: whole(1, 1_000_000_000),
    gatewayResponses: oneOf('definition', 'resources'),
  },
  alarms: {
    page: recipients,
    ticket: recipients,
    metricMath: yesOrNo,
    silentAfterMinutes: optional(fiveMinutes),
  },
};

type AnyRule = Rule | Group<unknown> | Readonly<Record<string, unknown>>;

function faults(path: string, rule: AnyRule, value: unknown): string[] {
  const expected = typeof rule === 'function' ? rule(value) : rule;
  if (expected === undefined) {
    return [];
  }
  if (typeof expected === 'string') {
    return [`${path} must be ${expected}, not ${JSON.stringify(value)}`];
  }
  const fields = (value ?? {}) as Record<string, unknown>;
  const inner = Object.entries(expected) as [string, AnyRule][];
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  return [
    ...inner.flatMap(([field, rule]) => faults(at(field), rule, fields[field])),
    // A misspelt optional field would be one that is absent.
    ...Object.keys(fields)
      .filter((field) => !(field in expected))
      .map((field) => `${at(field)} is no field`),
  ];
}

/** What no single value can tell. */
function contradictions({ name, alarms }: Environment): string[] {
  return name === 'prod' && alarms?.page?.length === 0
    ? ['alarms.page must name somebody in prod']
    : [];
}

/** Refuses data that AWS would refuse half-way through a deployment, by the field's name. */
export function validateEnvironment(environment: Environment): void {
  const found = [...faults('', rules, environment), ...contradictions(environment)];
  if (found.length > 0) {
    throw new ConfigurationError(`environments/${environment.name}.ts: ${found.join('; ')}`);
  }
}
