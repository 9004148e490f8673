import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/** `page`: users feel it now, wake somebody. `ticket`: look at it in working hours. */
export type Severity = 'page' | 'ticket';

export interface UserFacingAlarmProps {
  readonly metric: IMetric;
  /** Alarms at this value and above; with `quietIsBad` below it, and where there is no data. */
  readonly threshold: number;
  /** For what must go on happening: a metric of nothing is the fault itself. */
  readonly quietIsBad?: boolean;
  /** Periods in a row; one unless a single bad period is normal. */
  readonly periods?: number;
  readonly severity: Severity;
  /** One sentence: what users notice while this alarm is on. */
  readonly usersFeel: string;
  /** docs/runbooks/<runbook>.md. */
  readonly runbook: string;
}

/** An alarm that says what it means and what to do, to somebody just woken by it. */
export class UserFacingAlarm extends Alarm {
  readonly severity: Severity;

  constructor(scope: Construct, id: string, props: UserFacingAlarmProps) {
    super(scope, id, {
      metric: props.metric,
      threshold: props.threshold,
      evaluationPeriods: props.periods ?? 1,
      comparisonOperator: props.quietIsBad
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // These metrics have no data points where nothing happens.
      treatMissingData: props.quietIsBad
        ? TreatMissingData.BREACHING
        : TreatMissingData.NOT_BREACHING,
      alarmDescription: `[${props.severity}] ${props.usersFeel} Runbook: docs/runbooks/${props.runbook}.md`,
    });
    this.severity = props.severity;
  }
}
