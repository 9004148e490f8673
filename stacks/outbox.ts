import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '../cdk/acknowledge-objects.ts';
import type { Deployment } from '../cdk/deployment.ts';
import { EventStream } from '../cdk/event-stream.ts';
import { LakeDelivery } from '../cdk/lake-delivery.ts';
import { LakeTable } from '../cdk/lake-table.ts';
import { LakeWorkgroup } from '../cdk/lake-workgroup.ts';
import { LocationBus } from '../cdk/location-bus.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { RustFunction } from '../cdk/rust-function.ts';
import { SubscriberQueue } from '../cdk/subscriber-queue.ts';
import { UserFacingAlarm } from '../cdk/user-facing-alarm.ts';
import type { DataStack } from './data.ts';

/** From the log's stream to the lake and the bus. */
export class OutboxStack extends MilkrunStack {
  constructor(scope: Construct, deployment: Deployment, data: DataStack) {
    const { environment } = deployment;
    super(scope, 'outbox', environment, 'milkrun: the relay, the lake and the bus');
    const { alarms } = environment;

    const table = new LakeTable(this, 'Lake', environment.account, data.lake);
    const workgroup = new LakeWorkgroup(this, 'Workgroup', data.lake, environment.lake);
    const delivery = new LakeDelivery(this, 'Delivery', { environment, lake: data.lake, table });
    const bus = new LocationBus(this, 'Bus', environment.bus);

    const crossings = new SubscriberQueue(this, 'Crossings', {
      bus,
      detailTypes: ['geofence.entered', 'geofence.exited', 'geofence.dwelled'],
      missedEventsMeanForUsers: 'Whoever acts on geofence crossings has missed some.',
      runbook: 'crossings-dead-letters',
      environment,
    });

    const relay = new RustFunction(this, 'Relay', deployment, {
      name: 'relay',
      description: 'Hands new events from the log on to the lake and the bus',
      size: environment.functions.relay,
      timeout: Duration.seconds(60),
      variables: { BUS_NAME: bus.eventBusName, DELIVERY_STREAM: delivery.streamName },
      permissions: [
        ...EventStream.permissions(data.events, data.relayFailures),
        { actions: ['firehose:PutRecordBatch'], resources: [delivery.streamArn] },
        { actions: ['events:PutEvents'], resources: [bus.eventBusArn] },
      ],
      errorsMeanForUsers:
        'Crossings reach subscribers late and reports lag; positions in the API are up to date.',
    });
    acknowledgeObjects(
      relay.role,
      data.relayFailures,
      '*',
      'Lambda writes the records that relay gave up on, under keys of its own choosing.',
    );
    const stream = new EventStream(this, 'Stream', {
      table: data.events,
      target: relay.handler,
      failures: data.relayFailures,
      settings: environment.relay,
    });

    new UserFacingAlarm(this, 'RelayLag', {
      metric: relay.handler.metric('IteratorAge', {
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      threshold: Duration.minutes(5).toMilliseconds(),
      periods: 3,
      severity: 'page',
      usersFeel: 'Crossings reach subscribers minutes late; positions in the API are up to date.',
      runbook: 'relay-lag',
      alarms,
    });
    new UserFacingAlarm(this, 'RelayFailures', {
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'OnFailureDestinationDeliveredEventCount',
        statistic: 'Sum',
        dimensionsMap: { EventSourceMappingUUID: stream.eventSourceMappingId },
      }),
      threshold: 1,
      severity: 'ticket',
      usersFeel: 'Some events are in neither the lake nor the bus until they are replayed.',
      runbook: 'relay-failures',
      alarms,
    });

    this.output('Bus', bus.eventBusName, 'Crossings and trip events');
    this.output('DeliveryStream', delivery.streamName, 'Firehose to the lake');
    this.output('GlueDatabase', table.databaseName, 'Database of the lake');
    this.output('GlueTable', table.tableName, 'Table of the lake');
    this.output('AthenaWorkgroup', workgroup.ref, 'Where the lake is queried');
    this.output('SubscriberQueueUrl', crossings.queue.queueUrl, 'Example subscriber: crossings');
  }
}
