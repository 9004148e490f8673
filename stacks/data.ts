import type { CfnResource } from 'aws-cdk-lib';
import { Duration, Validations } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { AggregatesTable } from '../cdk/aggregates-table.ts';
import { AlarmTopics } from '../cdk/alarm-topics.ts';
import { DeliveryAssignmentsTable } from '../cdk/delivery-assignments-table.ts';
import type { Deployment } from '../cdk/deployment.ts';
import { DispatchBucket } from '../cdk/dispatch-bucket.ts';
import { EventLogTable } from '../cdk/event-log-table.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { PrivateBucket } from '../cdk/private-bucket.ts';
import { SigningIdsTable } from '../cdk/signing-ids-table.ts';
import { TerraformDispatchData } from '../cdk/terraform-dispatch-data.ts';
import { WebhookSecret } from '../cdk/webhook-secret.ts';

/** Everything that holds state. Nothing here is replaced by a deployment: logical ids are pinned. */
export class DataStack extends MilkrunStack {
  readonly events: EventLogTable;
  readonly signingIds?: SigningIdsTable;
  readonly assignments: ITableV2;
  readonly aggregates: AggregatesTable;
  readonly lake: IBucket;
  readonly quarantine: IBucket;
  readonly relayFailures: IBucket;
  readonly dispatch: DispatchBucket;
  readonly operationsLog: IBucket;
  readonly radarSecret: WebhookSecret;
  readonly standardWebhooksSecret: WebhookSecret;
  readonly alarmTopics: AlarmTopics;

  constructor(scope: Construct, deployment: Deployment) {
    const { environment } = deployment;
    const days = environment.retentionDays;
    super(scope, 'data', environment, 'milkrun: the tables, the buckets and the secrets');

    const removalPolicy = this.statefulRemovalPolicy;
    const { deletionProtection, tlsOnly } = environment.protection;
    const table = { removalPolicy, deletionProtection };
    this.events = pinned(new EventLogTable(this, 'LocationEvents', table));
    if (environment.ingest.storeSigningIds) {
      this.signingIds = pinned(new SigningIdsTable(this, 'SigningIds', table));
    }
    this.aggregates = pinned(new AggregatesTable(this, 'Aggregates', table));

    const accessLogs = pinned(
      new PrivateBucket(this, 'AccessLogsBucket', {
        removalPolicy,
        tlsOnly,
        lifecycleRules: [{ id: 'expire', expiration: Duration.days(days.accessLogs) }],
      }),
    );
    Validations.of(accessLogs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: "It holds the other buckets' access logs; logging its own writes would never end.",
    });
    this.lake = pinned(
      new PrivateBucket(this, 'LakeBucket', {
        removalPolicy,
        tlsOnly,
        accessLogs,
        lifecycleRules: [
          {
            id: 'events',
            prefix: 'location_events/',
            expiration: Duration.days(days.lake),
          },
          { id: 'errors', prefix: 'errors/', expiration: Duration.days(days.lake) },
          { id: 'reports', prefix: 'reports/', expiration: Duration.days(days.days) },
          { id: 'query-results', prefix: 'athena-results/', expiration: Duration.days(7) },
        ],
      }),
    );
    this.quarantine = pinned(
      new PrivateBucket(this, 'QuarantineBucket', {
        removalPolicy,
        tlsOnly,
        accessLogs,
        lifecycleRules: [{ id: 'expire', expiration: Duration.days(days.quarantine) }],
      }),
    );
    this.relayFailures = pinned(
      new PrivateBucket(this, 'RelayFailuresBucket', {
        removalPolicy,
        tlsOnly,
        accessLogs,
        lifecycleRules: [{ id: 'expire', expiration: Duration.days(days.relayFailures) }],
      }),
    );
    this.dispatch = pinned(
      new DispatchBucket(this, 'DispatchBucket', {
        removalPolicy,
        tlsOnly,
        accessLogs,
        retention: Duration.days(days.dispatchLists),
      }),
    );
    if (environment.dispatchData === 'terraform') {
      const made = new TerraformDispatchData(this, 'DispatchData', environment.name);
      this.assignments = made.assignments;
      this.operationsLog = made.operationsLog;
    } else {
      this.assignments = pinned(
        new DeliveryAssignmentsTable(this, 'DeliveryAssignments', {
          ...table,
          warmWritesPerSecond: environment.dispatch.warmWritesPerSecond,
        }),
      );
      this.operationsLog = pinned(
        new PrivateBucket(this, 'OperationsLogBucket', {
          removalPolicy,
          tlsOnly,
          accessLogs,
          lifecycleRules: [{ id: 'expire', expiration: Duration.days(days.operationsLog) }],
        }),
      );
    }

    this.radarSecret = pinned(
      new WebhookSecret(this, 'RadarSecret', { sender: 'the location provider', removalPolicy }),
    );
    this.standardWebhooksSecret = pinned(
      new WebhookSecret(this, 'StandardWebhooksSecret', {
        sender: 'the courier platform',
        removalPolicy,
      }),
    );

    this.alarmTopics = new AlarmTopics(this, 'AlarmTopics', environment);

    this.output('EventsTable', this.events.tableName, 'The log of location events');
    if (this.signingIds !== undefined) {
      this.output('SigningIdsTable', this.signingIds.tableName, 'Signing ids already seen');
    }
    this.output('AssignmentsTable', this.assignments.tableName, 'Who carries which package');
    this.output('AggregatesTable', this.aggregates.tableName, "Drivers' minutes, days' numbers");
    this.output(
      'LakeBucket',
      this.lake.bucketName,
      'Parquet files, failed records, query results, reports',
    );
    this.output('QuarantineBucket', this.quarantine.bucketName, 'Requests that failed validation');
    this.output('RelayFailuresBucket', this.relayFailures.bucketName, 'Records never delivered');
    this.output('DispatchBucket', this.dispatch.bucketName, "The days' lists and plans");
    this.output(
      'OperationsLogBucket',
      this.operationsLog.bucketName,
      'Parquet files of assignments and updates',
    );
    this.output('RadarSecret', this.radarSecret.arn, 'Secrets of POST /v1/webhooks/radar');
    this.output(
      'StandardWebhooksSecret',
      this.standardWebhooksSecret.arn,
      'Secrets of POST /v1/positions',
    );
    const { page, ticket } = this.alarmTopics.topics;
    this.output('PageTopic', page.topicArn, 'Alarms that wake somebody');
    this.output('TicketTopic', ticket.topicArn, 'Alarms for working hours');
  }
}

/** Keeps the construct's id as its logical id wherever it moves in the tree: a new one is a lost table. */
function pinned<T extends IConstruct>(stateful: T): T {
  (stateful.node.defaultChild as CfnResource).overrideLogicalId(stateful.node.id);
  return stateful;
}
