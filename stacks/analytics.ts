import { Duration } from 'aws-cdk-lib';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '../cdk/acknowledge-objects.ts';
import { DailySchedule } from '../cdk/daily-schedule.ts';
import type { Watched } from '../cdk/dashboard.ts';
import { DeadLetterQueue } from '../cdk/dead-letter-queue.ts';
import type { Deployment } from '../cdk/deployment.ts';
import type { Analytics } from '../cdk/environment.ts';
import { EventStream } from '../cdk/event-stream.ts';
import { LakeView } from '../cdk/lake-view.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { NamedQueries } from '../cdk/named-queries.ts';
import { QuarantineTable } from '../cdk/quarantine-table.ts';
import { type Permission, RustFunction } from '../cdk/rust-function.ts';
import { UserFacingAlarm } from '../cdk/user-facing-alarm.ts';
import type { DataStack } from './data.ts';
import type { OutboxStack } from './outbox.ts';

/** From the log to drivers' minutes, from the lake to days' numbers, and what analysts query. */
export class AnalyticsStack extends MilkrunStack {
  /** What the dashboard shows of it. */
  readonly watched: Watched;

  constructor(scope: Construct, deployment: Deployment, data: DataStack, outbox: OutboxStack) {
    const { environment } = deployment;
    super(scope, 'analytics', environment, 'milkrun: the aggregates, and SQL for analysts');

    const { minutes, age, losses } = this.minutes(deployment, data);
    const { daily, deadLetters, lettersUrl } = this.daily(deployment, data, outbox);
    this.watched = { ages: [age], losses, deadLetters: [deadLetters] };

    const { database, workgroup } = outbox;
    new QuarantineTable(this, 'QuarantineTable', { database, bucket: data.quarantine });
    const { timeZone } = environment;
    const period = { days: environment.analytics.viewDays, timeZone };
    new LakeView(this, 'EventsView', { database, period });
    if (environment.analytics.namedQueries) {
      new NamedQueries(this, 'Queries', { database, workgroup, timeZone });
    }

    this.output(
      'AggregatorMinutesFunction',
      minutes.live.functionName,
      'Replays batches of the log',
    );
    this.output(
      'AggregatorDailyFunction',
      daily.live.functionName,
      'Computes the days that it is asked for',
    );
    this.output('AggregatorDailyDeadLettersUrl', lettersUrl, 'Runs that did not come to their end');
  }

  private minutes(deployment: Deployment, data: DataStack) {
    const { environment } = deployment;
    const minutes = new RustFunction(this, 'AggregatorMinutes', deployment, {
      name: 'aggregator-minutes',
      description: 'Computes the minutes of drivers that new events touch',
      size: environment.functions.aggregatorMinutes,
      timeout: Duration.seconds(60),
      variables: {
        EVENTS_TABLE: data.events.tableName,
        AGGREGATES_TABLE: data.aggregates.tableName,
        MINUTE_RETENTION_DAYS: String(environment.retentionDays.minutes),
      },
      permissions: [
        ...EventStream.permissions([data.events], data.relayFailures),
        { actions: ['dynamodb:Query'], resources: [data.events.tableArn] },
        { actions: ['dynamodb:PutItem'], resources: [data.aggregates.tableArn] },
      ],
      errorsMeanForUsers: "Drivers' minutes come late; where they are now is up to date.",
      errorSeverity: 'ticket',
    });
    acknowledgeObjects(
      minutes.role,
      data.relayFailures,
      '*',
      'Lambda writes the records that aggregator-minutes gave up on, under keys of its own choosing.',
    );
    const stream = new EventStream(this, 'AggregatorMinutesStream', {
      table: data.events,
      // An event that is corrected by hand is no new event.
      changes: ['INSERT'],
      target: minutes.live,
      failures: data.relayFailures,
      settings: environment.aggregator.minutes,
      alarms: { prefix: 'AggregatorMinutes', runbook: 'aggregator-minutes-failures' },
      givenUpMeansForUsers:
        "Some of drivers' minutes are missing or incomplete until they are replayed.",
      droppedMeansForUsers:
        "Some of drivers' minutes are missing or incomplete, and nobody but the log knows which.",
    });

    const age = minutes.handler.metric('IteratorAge', {
      statistic: 'Maximum',
      period: Duration.minutes(1),
    });
    new UserFacingAlarm(this, 'AggregatorMinutesLag', {
      metric: age,
      threshold: Duration.minutes(10).toMilliseconds(),
      periods: 3,
      severity: 'ticket',
      usersFeel:
        "Drivers' minutes come more than ten minutes late; where they are now is up to date.",
      runbook: 'aggregator-minutes-lag',
    });
    return {
      minutes,
      age: age.with({ label: 'aggregator-minutes' }),
      losses: stream.losses('aggregator-minutes'),
    };
  }

  private daily(deployment: Deployment, data: DataStack, outbox: OutboxStack) {
    const { environment } = deployment;
    const { analytics, retentionDays } = environment;
    const deadLetters = new DeadLetterQueue(
      this,
      'AggregatorDailyDeadLetters',
      environment.protection,
    );
    const daily = new RustFunction(this, 'AggregatorDaily', deployment, {
      name: 'aggregator-daily',
      description: "Computes days' numbers from the lake, and publishes those that changed",
      size: environment.functions.aggregatorDaily,
      // The longest there is: it waits for Athena.
      timeout: Duration.minutes(15),
      variables: {
        AGGREGATES_TABLE: data.aggregates.tableName,
        ATHENA_WORKGROUP: outbox.workgroup.ref,
        GLUE_DATABASE: outbox.database.databaseName,
        QUARANTINE_BUCKET: data.quarantine.bucketName,
        BUS_NAME: outbox.bus.eventBusName,
        TIME_ZONE: environment.timeZone,
        LATE_DAYS: String(analytics.lateDays),
        DAY_RETENTION_DAYS: String(retentionDays.days),
        LAKE_RETENTION_DAYS: String(retentionDays.lake),
        QUARANTINE_RETENTION_DAYS: String(retentionDays.quarantine),
        ...(analytics.storeReports && { REPORTS_BUCKET: data.lake.bucketName }),
      },
      permissions: [
        ...this.queries(data, outbox, analytics),
        { actions: ['s3:ListBucket'], resources: [data.quarantine.bucketArn] },
        {
          actions: [
            'dynamodb:DeleteItem',
            'dynamodb:GetItem',
            'dynamodb:PutItem',
            'dynamodb:Query',
            'dynamodb:UpdateItem',
          ],
          resources: [data.aggregates.tableArn],
        },
        { actions: ['events:PutEvents'], resources: [outbox.bus.eventBusArn] },
        // Lambda sends it the runs that failed.
        { actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
        ...(analytics.storeReports
          ? [{ actions: ['s3:PutObject'], resources: [data.lake.arnForObjects('reports/daily/*')] }]
          : []),
      ],
      errorsMeanForUsers: "Days' numbers and reports are as old as the last run that succeeded.",
      errorSeverity: 'ticket',
    });
    daily.live.configureAsyncInvoke({
      // A second try at once would cost as much as the first; the next scheduled one comes soon.
      retryAttempts: 0,
      onFailure: new SqsDestination(deadLetters),
    });
    for (const [pattern, reason] of [
      [
        'location_events/*',
        'Athena reads the files of the days that are asked for, as the caller.',
      ],
      ['athena-results/*', "Athena writes a query's result under an id of its own, as the caller."],
      ['reports/daily/*', 'aggregator-daily writes a page for each day, under one prefix.'],
    ] as const) {
      acknowledgeObjects(daily.role, data.lake, pattern, reason);
    }
    new DailySchedule(this, 'AggregatorDailySchedule', {
      target: daily.live,
      deadLetters,
      environment,
    });
    new UserFacingAlarm(this, 'AggregatorDailyDeadLetterAlarm', {
      metric: deadLetters.waiting,
      threshold: 1,
      severity: 'ticket',
      usersFeel:
        "Days' numbers and reports may be hours old: a run of them did not come to its end.",
      runbook: 'schedule-dead-letters',
    });
    new UserFacingAlarm(this, 'AggregatorDailyMissing', {
      // Runs that fail are the other alarm's: this one is for a schedule that starts none.
      metric: daily.handler.metricInvocations({ statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
      quietIsBad: true,
      periods: analytics.missingAfterHours,
      severity: 'ticket',
      usersFeel: "Days' numbers and reports are hours old: nothing computes them.",
      runbook: 'aggregator-daily-missing',
    });
    return {
      daily,
      deadLetters: deadLetters.waiting.with({ label: 'schedules' }),
      lettersUrl: deadLetters.queueUrl,
    };
  }

  /** Everything that Athena does for a query of location events, with the permissions of who asks. */
  private queries(
    data: DataStack,
    { database, table, workgroup }: OutboxStack,
    { queriesNamedBy }: Analytics,
  ): Permission[] {
    const glue = (resource: string, resourceName?: string) =>
      this.formatArn({ service: 'glue', resource, resourceName });
    const ours = this.formatArn({
      service: 'athena',
      resource: 'workgroup',
      resourceName: workgroup.ref,
    });
    return [
      { actions: ['athena:StartQueryExecution'], resources: [ours] },
      {
        actions: [
          'athena:GetQueryExecution',
          'athena:GetQueryResults',
          'athena:StopQueryExecution',
        ],
        resources: [queriesNamedBy === 'workgroup' ? ours : '*'],
      },
      {
        actions: ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable'],
        resources: [
          glue('catalog'),
          glue('database', database.databaseName),
          glue('table', `${database.databaseName}/${table.ref}`),
        ],
      },
      { actions: ['s3:GetBucketLocation', 's3:ListBucket'], resources: [data.lake.bucketArn] },
      {
        actions: ['s3:GetObject'],
        resources: [
          data.lake.arnForObjects('location_events/*'),
          data.lake.arnForObjects('athena-results/*'),
        ],
      },
      {
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        resources: [data.lake.arnForObjects('athena-results/*')],
      },
    ];
  }
}
