import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Alarms } from './environment.ts';
import { quarantinedRequests } from './event-metrics.ts';
import { ShareAlarm } from './share-alarm.ts';

/** Notices a sender whose format changed: its requests are answered, but nobody sees its couriers. */
export class QuarantineAlarm extends Construct {
  constructor(scope: Construct, id: string, requests: Metric, alarms: Alarms) {
    super(scope, id);
    new ShareAlarm(this, 'Alarm', {
      part: quarantinedRequests,
      whole: requests,
      percent: 1,
      atLeast: 20,
      periods: 3,
      severity: 'ticket',
      usersFeel: 'Some couriers stand still: what their sender reports fails validation.',
      runbook: 'quarantine',
      alarms,
    });
  }
}
