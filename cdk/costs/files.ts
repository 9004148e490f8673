import type { Question } from './question.ts';
import { MILLION } from './workload.ts';

const SECONDS_OF_A_DAY = 86_400;

/** Firehose closes a file of the lake when its time is over, or when it is full. */
export function filesPerMillion({ deployed, assumptions, arrival }: Question): number {
  const { IntervalInSeconds, SizeInMBs } = deployed.one(
    'AWS::KinesisFirehose::DeliveryStream',
    'DeliveryStream',
  ).ExtendedS3DestinationConfiguration.BufferingHints;
  const millionsPerDay = (arrival.perSecond * SECONDS_OF_A_DAY) / MILLION;
  const byTime = SECONDS_OF_A_DAY / IntervalInSeconds / millionsPerDay;
  const bySize = (MILLION * assumptions.bytes.row) / (SizeInMBs * MILLION);
  return Math.max(byTime, bySize);
}
