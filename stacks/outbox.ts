import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '../cdk/acknowledge-objects.ts';
import type { Watched } from '../cdk/dashboard.ts';
import type { Deployment } from '../cdk/deployment.ts';
import { storedToBusSeconds } from '../cdk/event-metrics.ts';
import { EventStream } from '../cdk/event-stream.ts';
import { LakeDatabase } from '../cdk/lake-database.ts';
import { LakeDelivery } from '../cdk/lake-delivery.ts';
import { ASSIGNMENTS, LakeTable, LOCATION_EVENTS, UPDATES } from '../cdk/lake-table.ts';
import { LakeWorkgroup } from '../cdk/lake-workgroup.ts';
import { LocationBus } from '../cdk/location-bus.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { ON_THE_BUS } from '../cdk/objectives.ts';
import { RustFunction } from '../cdk/rust-function.ts';
import { SubscriberQueue } from '../cdk/subscriber-queue.ts';
import { UserFacingAlarm } from '../cdk/user-facing-alarm.ts';
import type { DataStack } from './data.ts';

/** From the tables' streams to the lake, the operations log and the bus. */
export class OutboxStack extends MilkrunStack {
  readonly database: LakeDatabase;
  readonly table: LakeTable;
  readonly workgroup: LakeWorkgroup;
  readonly bus: LocationBus;
  /** What the dashboard shows of it. */
  readonly watched: Watched & { readonly deliveryAges: readonly Metric[] };

  constructor(scope: Construct, deployment: Deployment, data: DataStack) {
    const { environment } = deployment;
    super(scope, 'outbox', environment, 'milkrun: the relay, the lake and the bus');
    const database = new LakeDatabase(this, 'Lake', environment.account);
    const table = new LakeTable(database, 'Table', data.lake, LOCATION_EVENTS);
    const workgroup = new LakeWorkgroup(this, 'Workgroup', data.lake, environment.lake);
    const delivery = new LakeDelivery(this, 'Delivery', { environment, table });
    const assignmentsLog = new LakeDelivery(this, 'AssignmentsDelivery', {
      environment,
      table: new LakeTable(database, 'Assignments', data.operationsLog, ASSIGNMENTS),
    });
    const updatesLog = new LakeDelivery(this, 'UpdatesDelivery', {
      environment,
      table: new LakeTable(database, 'Updates', data.operationsLog, UPDATES),
    });
    const bus = new LocationBus(this, 'Bus', environment.bus);
    this.database = database;
    this.table = table;
    this.workgroup = workgroup;
    this.bus = bus;

    const crossings = new SubscriberQueue(this, 'Crossings', {
      bus,
      detailTypes: ['geofence.entered', 'geofence.exited', 'geofence.dwelled'],
      missedEventsMeanForUsers: 'Whoever acts on geofence crossings has missed some.',
      runbook: 'crossings-dead-letters',
      environment,
    });

    const relay = new RustFunction(this, 'Relay', deployment, {
      name: 'relay',
      description: 'Hands new events from the tables on to the lake, the logs and the bus',
      size: environment.functions.relay,
      timeout: Duration.seconds(60),
      variables: {
        BUS_NAME: bus.eventBusName,
        DELIVERY_STREAM: delivery.streamName,
        ASSIGNMENTS_TABLE: data.assignments.tableName,
        ASSIGNMENTS_LOG_STREAM: assignmentsLog.streamName,
        UPDATES_LOG_STREAM: updatesLog.streamName,
      },
      permissions: [
        ...EventStream.permissions([data.events, data.assignments], data.relayFailures),
        {
          actions: ['firehose:PutRecordBatch'],
          resources: [delivery, assignmentsLog, updatesLog].map(({ streamArn }) => streamArn),
        },
        { actions: ['events:PutEvents'], resources: [bus.eventBusArn] },
      ],
      errorsMeanForUsers:
        'Crossings and deliveries reach subscribers late and reports lag; the API is up to date.',
    });
    acknowledgeObjects(
      relay.role,
      data.relayFailures,
      '*',
      'Lambda writes the records that relay gave up on, under keys of its own choosing.',
    );
    const fed = {
      target: relay.live,
      failures: data.relayFailures,
      settings: environment.relay,
    };
    const stream = new EventStream(this, 'Stream', {
      table: data.events,
      // An event that is corrected by hand is no new event.
      changes: ['INSERT'],
      ...fed,
      alarms: { prefix: 'Relay', runbook: 'relay-failures' },
      givenUpMeansForUsers:
        'Some events are in neither the lake nor the bus until they are replayed.',
      droppedMeansForUsers:
        'Some events are in neither the lake nor the bus, and nobody but the log knows which.',
    });
    const assignmentsStream = new EventStream(this, 'AssignmentsStream', {
      table: data.assignments,
      changes: ['INSERT', 'MODIFY'],
      ...fed,
      alarms: { prefix: 'RelayAssignments', runbook: 'relay-failures' },
      givenUpMeansForUsers:
        'Some deliveries are in neither the operations log nor the bus until they are replayed.',
      droppedMeansForUsers:
        'Some deliveries are in neither the operations log nor the bus, and only the table has them.',
    });

    const relayAge = relay.handler.metric('IteratorAge', {
      statistic: 'Maximum',
      period: Duration.minutes(1),
    });
    new UserFacingAlarm(this, 'RelayLag', {
      metric: relayAge,
      threshold: Duration.minutes(5).toMilliseconds(),
      periods: 3,
      severity: 'page',
      usersFeel: 'Crossings and deliveries reach subscribers minutes late; the API is up to date.',
      runbook: 'relay-lag',
    });
    new UserFacingAlarm(this, 'StoredToBus', {
      metric: storedToBusSeconds,
      threshold: ON_THE_BUS.toSeconds(),
      periods: 3,
      severity: 'ticket',
      usersFeel: 'Crossings reach subscribers seconds late: more than one of a hundred after 2 s.',
      runbook: 'stored-to-bus',
    });
    const deliveries = { events: delivery, assignments: assignmentsLog, updates: updatesLog };
    this.watched = {
      ages: [relayAge.with({ label: 'relay' })],
      deliveryAges: Object.entries(deliveries).map(([label, each]) =>
        each.freshness.with({ label }),
      ),
      losses: [
        ...stream.losses('relay, events'),
        ...assignmentsStream.losses('relay, deliveries'),
        ...Object.entries(deliveries).map(([label, each]) =>
          each.failedConversions.with({ label: `${label} not converted` }),
        ),
      ],
      deadLetters: [crossings.deadLetters.with({ label: 'crossings' })],
    };

    this.output('Bus', bus.eventBusName, 'Crossings, trips and deliveries');
    this.output('DeliveryStream', delivery.streamName, 'Firehose to the lake');
    this.output('AssignmentsLogStream', assignmentsLog.streamName, 'Firehose of assignments');
    this.output('UpdatesLogStream', updatesLog.streamName, 'Firehose of updates');
    this.output('GlueDatabase', database.databaseName, 'Database of the lake');
    this.output('GlueTable', table.ref, 'Table of location events');
    this.output('AthenaWorkgroup', workgroup.ref, 'Where the lake is queried');
    this.output('SubscriberQueueUrl', crossings.queue.queueUrl, 'Example subscriber: crossings');
    this.output(
      'CrossingsDeadLettersUrl',
      crossings.deadLettersUrl,
      'What the example subscriber did not get, or failed on',
    );
    this.output('RelayFunction', relay.live.functionName, 'Replays batches of the tables');
  }
}
