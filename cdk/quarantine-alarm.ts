import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Alarms } from './environment.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

/** What ingest logs, once a request, when it puts something into quarantine. */
export const QUARANTINED = 'input quarantined';

/** Notices a sender whose format changed: its requests are answered, but nobody sees its couriers. */
export class QuarantineAlarm extends Construct {
  constructor(scope: Construct, id: string, ingestLog: ILogGroup, alarms: Alarms) {
    super(scope, id);
    const filter = new MetricFilter(this, 'Requests', {
      logGroup: ingestLog,
      filterPattern: FilterPattern.stringValue('$.message', '=', QUARANTINED),
      metricNamespace: 'milkrun',
      metricName: 'QuarantinedRequests',
    });
    new UserFacingAlarm(this, 'Alarm', {
      metric: filter.metric({ statistic: 'Sum' }),
      threshold: 20,
      periods: 3,
      severity: 'ticket',
      usersFeel: 'Some couriers stand still: what their sender reports goes to quarantine.',
      runbook: 'quarantine',
      alarms,
    });
  }
}
