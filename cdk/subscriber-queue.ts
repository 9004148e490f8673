import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Environment } from './environment.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

export interface SubscriberQueueProps {
  readonly bus: IEventBus;
  /** What to receive, of the detail-types on milkrun's bus. */
  readonly detailTypes: string[];
  /** One sentence for the alarm: what users notice when this subscriber misses events. */
  readonly missedEventsMeanForUsers: string;
  /** docs/runbooks/<runbook>.md. */
  readonly runbook: string;
  readonly environment: Environment;
}

/**
 * A queue of one subscriber's events, without test traffic. What cannot be delivered to it, and what
 * its reader fails on five times, waits two weeks in a dead-letter queue with an alarm.
 */
export class SubscriberQueue extends Construct {
  readonly queue: Queue;
  readonly deadLettersUrl: string;
  /** How many events wait in the dead-letter queue. */
  readonly deadLetters: Metric;

  constructor(scope: Construct, id: string, props: SubscriberQueueProps) {
    super(scope, id);
    const { protection } = props.environment;
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', protection);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: protection.tlsOnly,
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    new Rule(this, 'Rule', {
      description: `milkrun's ${props.detailTypes.join(', ')}`,
      eventBus: props.bus,
      eventPattern: {
        source: ['milkrun'],
        detailType: props.detailTypes,
        // Events of deliveries have no such mark.
        detail: { live: [true, { exists: false }] },
      },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: deadLetters })],
    });
    this.deadLettersUrl = deadLetters.queueUrl;
    this.deadLetters = deadLetters.waiting;
    new UserFacingAlarm(this, 'DeadLetterAlarm', {
      metric: this.deadLetters,
      threshold: 1,
      severity: 'ticket',
      usersFeel: props.missedEventsMeanForUsers,
      runbook: props.runbook,
    });
  }
}
