import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '../cdk/acknowledge-objects.ts';
import type { Deployment } from '../cdk/deployment.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { QuarantineAlarm } from '../cdk/quarantine-alarm.ts';
import { RustFunction } from '../cdk/rust-function.ts';
import { UserFacingAlarm } from '../cdk/user-facing-alarm.ts';
import { type Traffic, WriteEdgeApi } from '../cdk/write-edge-api.ts';
import type { DataStack } from './data.ts';

/** From a sender's request to the log. */
export class WriteEdgeStack extends MilkrunStack {
  readonly traffic: Traffic;

  constructor(scope: Construct, deployment: Deployment, data: DataStack) {
    const { environment } = deployment;
    super(scope, 'write-edge', environment, 'milkrun: ingest and the API that senders post to');

    const tables = [data.events, ...(data.signingIds === undefined ? [] : [data.signingIds])];
    const ingest = new RustFunction(this, 'Ingest', deployment, {
      name: 'ingest',
      description: 'Checks, normalises and stores location events',
      size: environment.functions.ingest,
      timeout: Duration.seconds(10),
      variables: {
        EVENTS_TABLE: data.events.tableName,
        EVENT_RETENTION_DAYS: String(environment.retentionDays.events),
        QUARANTINE_BUCKET: data.quarantine.bucketName,
        QUARANTINE_STATUS: environment.ingest.quarantineStatus,
        RADAR_SECRET_ID: data.radarSecret.arn,
        STANDARD_WEBHOOKS_SECRET_ID: data.standardWebhooksSecret.arn,
        ...(data.signingIds && { SIGNING_IDS_TABLE: data.signingIds.tableName }),
      },
      permissions: [
        { actions: ['dynamodb:PutItem'], resources: tables.map((table) => table.tableArn) },
        { actions: ['s3:PutObject'], resources: [data.quarantine.arnForObjects('quarantine/*')] },
        {
          actions: ['secretsmanager:GetSecretValue'],
          resources: [data.radarSecret.arn, data.standardWebhooksSecret.arn],
        },
      ],
      errorsMeanForUsers:
        'Positions may stop moving: requests fail in a way that ingest is built never to.',
    });
    acknowledgeObjects(
      ingest.role,
      data.quarantine,
      'quarantine/*',
      'ingest writes a new object for each quarantined request, under one prefix of one bucket.',
    );
    const edge = new WriteEdgeApi(this, 'WriteEdge', environment, ingest.live);

    this.traffic = edge.traffic;
    new QuarantineAlarm(this, 'Quarantine', edge.traffic.requests, environment.alarms);
    new UserFacingAlarm(this, 'EventLogThrottles', {
      metric: new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: 'ThrottledRequests',
        statistic: 'Sum',
        dimensionsMap: { TableName: data.events.tableName, Operation: 'PutItem' },
      }),
      threshold: 10,
      periods: 2,
      severity: 'page',
      usersFeel: 'Positions lag: writes to the event log are throttled and senders must retry.',
      runbook: 'event-log-throttles',
    });

    this.output('WriteApiId', edge.api.apiId, 'Id of the write edge');
    this.output('WriteApiUrl', edge.url, 'Base URL of the write edge');
  }
}
