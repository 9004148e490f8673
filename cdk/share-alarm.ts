import { MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Alarms } from './environment.ts';
import { UserFacingAlarm, type UserFacingAlarmProps } from './user-facing-alarm.ts';

export interface ShareAlarmProps
  extends Omit<UserFacingAlarmProps, 'metric' | 'threshold' | 'quietIsBad'> {
  /** What is bad, counted, and all that it is a part of; of one period. */
  readonly part: Metric;
  readonly whole: Metric;
  /** What of the whole does not count, as it could have drowned the part. */
  readonly without?: Metric;
  /** Alarms at this share of the whole and above. */
  readonly percent: number;
  /** … if there are at least so many in a period: one bad request of three at night is no fault. */
  readonly atLeast: number;
  /** Without metric math `atLeast` alone counts. */
  readonly alarms: Alarms;
}

/** An alarm on a share, which means the same at any traffic. */
export class ShareAlarm extends UserFacingAlarm {
  constructor(scope: Construct, id: string, props: ShareAlarmProps) {
    const { part, whole, without, percent, atLeast, alarms, ...rest } = props;
    // A metric without a value takes all that is calculated with it along: an alarm on it would be silent.
    const counted = without === undefined ? 'whole' : '(whole - FILL(without, 0))';
    const share = new MathExpression({
      // A floor under the part, not the whole: an outage in quiet hours is one as well.
      expression: `IF(part >= ${atLeast}, 100 * part / ${counted}, 0)`,
      usingMetrics: { part, whole, ...(without && { without }) },
      period: part.period,
    });
    super(scope, id, {
      ...rest,
      ...(alarms.metricMath
        ? { metric: share, threshold: percent }
        : { metric: part, threshold: atLeast }),
    });
  }
}
