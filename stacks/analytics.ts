import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '../cdk/acknowledge-objects.ts';
import { DailySchedule } from '../cdk/daily-schedule.ts';
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
  constructor(scope: Construct, deployment: Deployment, data: DataStack, outbox: OutboxStack) {
    const { environment } = deployment;
    super(scope, 'analytics', environment, 'milkrun: the aggregates, and SQL for analysts');

    const minutes = this.minutes(deployment, data);
    const daily = this.daily(deployment, data, outbox);

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
      minutes.handler.functionName,
      'Replays batches of the log',
    );
    this.output(
      'AggregatorDailyFunction',
      daily.handler.functionName,
      'Computes the days that it is asked for',
    );
  }

  private minutes(deployment: Deployment, data: DataStack): RustFunction {
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
      target: minutes.handler,
      failures: data.relayFailures,
      settings: environment.aggregator.minutes,
    });

    new UserFacingAlarm(this, 'AggregatorMinutesLag', {
      metric: minutes.handler.metric('IteratorAge', {
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      threshold: Duration.minutes(10).toMilliseconds(),
      periods: 3,
      severity: 'ticket',
      usersFeel:
        "Drivers' minutes come more than ten minutes late; where they are now is up to date.",
      runbook: 'aggregator-minutes-lag',
      alarms: environment.alarms,
    });
    new UserFacingAlarm(this, 'AggregatorMinutesFailures', {
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'OnFailureDestinationDeliveredEventCount',
        statistic: 'Sum',
        dimensionsMap: { EventSourceMappingUUID: stream.eventSourceMappingId },
      }),
      threshold: 1,
      severity: 'ticket',
      usersFeel: "Some of drivers' minutes are missing or incomplete until they are replayed.",
      runbook: 'aggregator-minutes-failures',
      alarms: environment.alarms,
    });
    return minutes;
  }

  private daily(deployment: Deployment, data: DataStack, outbox: OutboxStack): RustFunction {
    const { environment } = deployment;
    const { analytics, retentionDays } = environment;
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
        ...(analytics.storeReports
          ? [{ actions: ['s3:PutObject'], resources: [data.lake.arnForObjects('reports/daily/*')] }]
          : []),
      ],
      errorsMeanForUsers: "Days' numbers and reports are as old as the last run that succeeded.",
      errorSeverity: 'ticket',
    });
    // A second try at once would cost as much as the first; the next scheduled one comes soon.
    daily.handler.configureAsyncInvoke({ retryAttempts: 0 });
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
    new DailySchedule(this, 'AggregatorDailySchedule', daily.handler, environment);
    new UserFacingAlarm(this, 'AggregatorDailyMissing', {
      // Runs that fail are the other alarm's: this one is for a schedule that starts none.
      metric: daily.handler.metricInvocations({ statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
      quietIsBad: true,
      periods: analytics.missingAfterHours,
      severity: 'ticket',
      usersFeel: "Days' numbers and reports are hours old: nothing computes them.",
      runbook: 'aggregator-daily-missing',
      alarms: environment.alarms,
    });
    return daily;
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
