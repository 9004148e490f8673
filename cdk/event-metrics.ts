// The metrics that the functions write themselves: crates/metrics, which has their meaning.
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

const ours = (metricName: string, statistic: string) =>
  // Without dimensions: an environment has an account of its own.
  new Metric({ namespace: 'milkrun', metricName, statistic });

export const acceptedEvents = ours('AcceptedEvents', 'Sum');
export const duplicateEvents = ours('DuplicateEvents', 'Sum');
/** Invocations that answered, and did not do what they were asked for: none of Lambda's `Errors`. */
export const failedInvocations = (functionName: string, version: string) =>
  ours('FailedInvocations', 'Sum').with({
    dimensionsMap: { Function: functionName, Version: version },
  });
/** Each request once, whatever its reasons: these are a dimension of the same metric. */
export const quarantinedRequests = ours('QuarantinedRequests', 'Sum');
/** Seconds from receiving an event to its being on the bus, that all but one of a hundred stay below. */
export const storedToBusSeconds = ours('StoredToBusSeconds', 'p99');
