import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Alarms } from './environment.ts';

export interface UserFacingAlarmProps {
  readonly metric: IMetric;
  /** Alarms at this value and above; with `quietIsBad` below it, and where there is no data. */
  readonly threshold: number;
  /** For what must go on happening: a metric of nothing is the fault itself. */
  readonly quietIsBad?: boolean;
  /** Periods in a row; one unless a single bad period is normal. */
  readonly periods?: number;
  /** `page`: users feel it now, wake somebody. `ticket`: look at it in working hours. */
  readonly severity: 'page' | 'ticket';
  /** One sentence: what users notice while this alarm is on. */
  readonly usersFeel: string;
  /** docs/runbooks/<runbook>.md. */
  readonly runbook: string;
  readonly alarms: Alarms;
}

/** An alarm that says what it means and what to do, to somebody just woken by it. */
export class UserFacingAlarm extends Alarm {
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
    if (props.alarms.topicArn !== undefined) {
      const topic = Topic.fromTopicArn(this, 'Topic', props.alarms.topicArn);
      this.addAlarmAction(new SnsAction(topic));
      this.addOkAction(new SnsAction(topic));
    }
  }
}
