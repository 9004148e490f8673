import { Duration, Validations } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Protection } from './environment.ts';

/** Where what nobody could deal with waits two weeks for an operator. */
export class DeadLetterQueue extends Queue {
  /** How much waits. */
  readonly waiting: Metric;

  constructor(scope: Construct, id: string, { tlsOnly }: Protection) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: tlsOnly,
      retentionPeriod: Duration.days(14),
    });
    const reason = 'It is the last stop: an alarm and an operator follow.';
    Validations.of(this).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    );
    this.waiting = this.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' });
  }
}
