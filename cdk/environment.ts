// The shape of the data in environments/: everything that may differ between two deployments.

export interface Environment {
  /** Part of the names of its stacks: `milkrun-<name>-data`. */
  readonly name: string;
  /** Twelve digits. An environment has an account of its own: some names in it are contracts. */
  readonly account: string;
  /** Where it runs. */
  readonly region: string;
  /** IANA name of the zone in which the couriers' days begin and end. */
  readonly timeZone: string;
  /**
   * Whose permissions deploy: the roles of `cdk bootstrap`, or the caller's own credentials with
   * nothing but an assets bucket.
   */
  readonly deployWith: 'bootstrap-roles' | 'caller-credentials';
  /** Check the templates at synthesis: CloudFormation's own rules and cdk-nag's. Takes seconds. */
  readonly templateChecks: boolean;
  readonly protection: Protection;
  readonly retentionDays: RetentionDays;
  readonly functions: Functions;
  /**
   * Share of the read edge's requests that X-Ray follows, 0 to 1; 0: off. Writing traces cannot be granted on a named
   * resource: a wildcard in roles.
   */
  readonly tracing: number;
  /** How new versions of functions take over; absent: at once. */
  readonly rollout?: Rollout;
  readonly ingest: Ingest;
  /**
   * Who makes the table of assignments and the bucket of the operations log: this app, or Terraform (`infra/`),
   * which leaves their names in SSM parameters under `/milkrun/<name>/dispatch/`.
   */
  readonly dispatchData: 'cdk' | 'terraform';
  readonly infra: Infra;
  readonly dispatch: Dispatch;
  readonly relay: StreamSettings;
  readonly aggregator: Aggregator;
  readonly analytics: Analytics;
  readonly lake: Lake;
  readonly bus: Bus;
  readonly writeEdge: RequestLimits;
  readonly readEdge: ReadEdge;
  readonly alarms: Alarms;
}

/** What the account has already, for Terraform in `infra/`. */
export interface Infra {
  /** Have the account trust GitHub's tokens; off where it does: it can have one provider of them. */
  readonly createOidcProvider: boolean;
  /**
   * The bucket that takes S3's access logs of Terraform's operations log, and lets `logging.s3.amazonaws.com` write;
   * absent: none are written.
   */
  readonly accessLogsBucket?: string;
}

export interface Protection {
  /** Stacks refuse to be deleted. */
  readonly terminationProtection: boolean;
  /** Tables refuse to be deleted. */
  readonly deletionProtection: boolean;
  /** Stateful resources outlive the removal of their stack. */
  readonly retainData: boolean;
  /** Buckets and queues refuse plain HTTP. */
  readonly tlsOnly: boolean;
}

export interface RetentionDays {
  /** One of the numbers that CloudWatch Logs accepts. */
  readonly logs: number;
  /** Events in the log (`expires_at`). */
  readonly events: number;
  /** Parquet files in the lake. */
  readonly lake: number;
  /** Quarantined requests. */
  readonly quarantine: number;
  /** Stream records that the relay or the aggregator could not deal with. */
  readonly relayFailures: number;
  /** Assignments and their histories (`expires_at`). */
  readonly assignments: number;
  /** The days' lists and plans; their replaced versions as long again. */
  readonly dispatchLists: number;
  /** Parquet files of the operations log. */
  readonly operationsLog: number;
  /** Drivers' minutes in the table of aggregates (`expires_at`). */
  readonly minutes: number;
  /** Days' numbers in the table of aggregates (`expires_at`), and their reports. */
  readonly days: number;
  /** S3 server access logs. */
  readonly accessLogs: number;
}

export interface FunctionSize {
  /** CPU comes with it: one whole at 1,769. */
  readonly memoryMb: number;
  /** Most copies at once; absent: the account's pool. */
  readonly reservedConcurrency?: number;
}

export interface Functions {
  /** What the functions are built for. */
  readonly architecture: 'arm64' | 'x86_64';
  /** Not stricter than INFO: metrics are lines without a level, and Lambda takes those for INFO. */
  readonly logLevel: 'INFO' | 'DEBUG';
  readonly ingest: FunctionSize;
  readonly relay: FunctionSize;
  readonly lastLocation: FunctionSize;
  readonly dispatch: FunctionSize;
  readonly aggregatorMinutes: FunctionSize;
  readonly aggregatorDaily: FunctionSize;
  readonly analytics: FunctionSize;
}

export interface Rollout {
  /** Share of invocations that a new version gets at first. */
  readonly canaryPercent: number;
  /** How long it has to prove itself on them: an error takes all back to the version before. */
  readonly canaryMinutes: number;
}

export interface Ingest {
  /**
   * What a sender is told of a request that went to quarantine: `reject` is 422 or 400, `accept` is
   * 202, for a provider that switches off an endpoint that fails.
   */
  readonly quarantineStatus: 'reject' | 'accept';
  /** Keep the signing ids of the provider's webhooks and refuse one that returns with another body. */
  readonly storeSigningIds: boolean;
}

export interface Dispatch {
  /**
   * Writes a second that the table of assignments and its indexes take from the first one on, paid
   * once; absent: the 4,000 of a new table, which grow with use.
   */
  readonly warmWritesPerSecond?: number;
}

/** How a function is fed from a table's stream. */
export interface StreamSettings {
  /** Most records at once. */
  readonly batchSize: number;
  /** Longest wait for a batch to fill. */
  readonly batchWindowSeconds: number;
  /** Tries after the first, before a record goes to the failures bucket. */
  readonly retryAttempts: number;
  /** Age at which a record goes there, tried or not. */
  readonly maxRecordAgeSeconds: number;
}

export interface Aggregator {
  /** A minute is computed anew for each batch that touches it: large batches save most of that. */
  readonly minutes: StreamSettings;
}

export interface Analytics {
  /** When today is computed, by the clocks of `timeZone`: `rate(…)` or `cron(…)` of EventBridge Scheduler. */
  readonly todaySchedule: string;
  /** When the days before are computed as well: each reads the lake from that day on. */
  readonly lateSchedule: string;
  /** Hours without a run after which an alarm is on: several times what `todaySchedule` says. */
  readonly missingAfterHours: number;
  /** How many days before today are computed anew, because late events may still change them. */
  readonly lateDays: number;
  /** Keep each day's report as a page in the lake's bucket. */
  readonly storeReports: boolean;
  /** How many arrival days before today the view of deduplicated events shows: each of its queries reads them. */
  readonly viewDays: number;
  /** Have the queries of analytics/queries/ in Athena. */
  readonly namedQueries: boolean;
  /**
   * What the permission to follow a query names: its workgroup, or everything, for a stand-in of Athena
   * that does not look up which workgroup a query is in.
   */
  readonly queriesNamedBy: 'workgroup' | 'nothing';
}

export interface Lake {
  /** Longest time that an event waits for its Parquet file. */
  readonly bufferSeconds: number;
  /** A query that scans more is cancelled. */
  readonly queryScanLimitMb: number;
}

export interface Bus {
  /** Days that the bus's archive keeps events for replay; absent: no archive. */
  readonly archiveDays?: number;
}

export interface RequestLimits {
  /** Requests beyond are refused with 429. */
  readonly requestsPerSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

export interface ReadEdge extends RequestLimits {
  /** Per API key. */
  readonly requestsPerDay: number;
  /**
   * Where the gateway's own error answers are declared: in the OpenAPI definition, or as resources
   * for a gateway that does not import them.
   */
  readonly gatewayResponses: 'definition' | 'resources';
}

/** Whom alarms notify, each an e-mail address or an https:// URL. Nobody: alarms only show in CloudWatch. */
export interface Alarms {
  /** To be woken: users feel it now. */
  readonly page: readonly string[];
  /** In working hours. */
  readonly ticket: readonly string[];
  /** Alarms on shares of several metrics; off: on their counts alone, for a CloudFormation without metric math. */
  readonly metricMath: boolean;
  /**
   * The longest time without any request of a sender that is normal, nights and holidays included; a multiple
   * of five; absent: silence is no alarm.
   */
  readonly silentAfterMinutes?: number;
}
