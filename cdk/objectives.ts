// What milkrun promises, and how fast it may use up what it does not: docs/slo.md.
import { Duration } from 'aws-cdk-lib';

/** Valid posts that are acknowledged, of a hundred, over 30 days. */
export const ACKNOWLEDGED_PERCENT = 99.9;
/** Events that somebody waits for are on the bus this long after they were received, 99 of a hundred. */
export const ON_THE_BUS = Duration.seconds(2);
/** Events are in the lake, for SQL and reports, this long after they were received. */
export const IN_THE_LAKE = Duration.minutes(15);

/** What may fail, of a hundred: the error budget. */
const BUDGET_PERCENT = 100 - ACKNOWLEDGED_PERCENT;

/** Rates of failure, of a hundred, at which the budget of 30 days would last this long. */
export const BUDGET_LASTS = {
  twoDays: rounded(BUDGET_PERCENT * 14.4),
  fiveDays: rounded(BUDGET_PERCENT * 6),
};

/** Without what doubles add: templates are compared byte by byte. */
function rounded(percent: number): number {
  return Number(percent.toFixed(2));
}
