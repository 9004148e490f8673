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

export interface EventStreamProps {
  readonly table: ITableV2;
  /** Which changes are events; items that expire (REMOVE) never are. */
  readonly changes: readonly ('INSERT' | 'MODIFY')[];
  readonly target: IFunction;
  readonly failures: IBucket;
  readonly settings: StreamSettings;
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
  }

  /** Records that went to the failures bucket. */
  get givenUp(): Metric {
    return this.metric('OnFailureDestinationDeliveredEventCount');
  }

  /** Records that did not reach the target, labelled: given up, or not even that: then only the table has them. */
  losses(label: string): Metric[] {
    return [
      this.givenUp.with({ label: `${label} given up` }),
      this.metric('DroppedEventCount').with({ label: `${label} dropped` }),
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
