import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type IFunction,
  MetricType,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { StreamSettings } from './environment.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

export interface EventStreamProps {
  readonly table: ITableV2;
  /** Which changes are events; items that expire (REMOVE) never are. */
  readonly changes: readonly ('INSERT' | 'MODIFY')[];
  readonly target: IFunction;
  readonly failures: IBucket;
  readonly settings: StreamSettings;
  /** What names its two alarms, and their runbook. */
  readonly alarms: { readonly prefix: string; readonly runbook: string };
  /** One sentence: what users notice of records in the failures bucket. */
  readonly givenUpMeansForUsers: string;
  /** One sentence: what they notice of records that are not even there. */
  readonly droppedMeansForUsers: string;
}

/**
 * Feeds the changes of a table's items to a function, losing none: from the oldest record, with partial
 * batches, and with the whole record in S3 once its retries are used up. SQS would keep only a
 * pointer into a stream that forgets after a day.
 */
export class EventStream extends EventSourceMapping {
  constructor(scope: Construct, id: string, props: EventStreamProps) {
    super(scope, id, {
      target: props.target,
      eventSourceArn: props.table.tableStreamArn,
      filters: [FilterCriteria.filter({ eventName: FilterRule.or(...props.changes) })],
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: props.settings.batchSize,
      maxBatchingWindow: Duration.seconds(props.settings.batchWindowSeconds),
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: props.settings.retryAttempts,
      maxRecordAge: Duration.seconds(props.settings.maxRecordAgeSeconds),
      // The target's role names its permissions itself: the stock destination grants wildcards.
      onFailure: { bind: () => ({ destination: props.failures.bucketArn }) },
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
    const { prefix, runbook } = props.alarms;
    new UserFacingAlarm(scope, `${prefix}Failures`, {
      metric: this.givenUp,
      threshold: 1,
      severity: 'ticket',
      usersFeel: props.givenUpMeansForUsers,
      runbook,
    });
    new UserFacingAlarm(scope, `${prefix}Dropped`, {
      metric: this.dropped,
      threshold: 1,
      // The table has them for a while, and nothing else does.
      severity: 'page',
      usersFeel: props.droppedMeansForUsers,
      runbook,
    });
  }

  /** Records that went to the failures bucket. */
  private get givenUp(): Metric {
    return this.metric('OnFailureDestinationDeliveredEventCount');
  }

  /** Records that reached neither the target nor the failures bucket. */
  private get dropped(): Metric {
    return this.metric('DroppedEventCount');
  }

  /** Records that did not reach the target, labelled. */
  losses(label: string): Metric[] {
    return [
      this.givenUp.with({ label: `${label} given up` }),
      this.dropped.with({ label: `${label} dropped` }),
    ];
  }

  private metric(metricName: string): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      statistic: 'Sum',
      dimensionsMap: { EventSourceMappingUUID: this.eventSourceMappingId },
    });
  }

  /** What the role of the streams' target needs to be fed and to have failures kept. */
  static permissions(tables: ITableV2[], failures: IBucket) {
    return [
      {
        actions: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
        ],
        resources: tables.map((table) => table.tableStreamArn ?? ''),
      },
      { actions: ['s3:ListBucket'], resources: [failures.bucketArn] },
      { actions: ['s3:PutObject'], resources: [failures.arnForObjects('*')] },
    ];
  }
}
