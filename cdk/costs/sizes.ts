// How large each part is at a workload: what quotas and partitions have to hold.
import { GIGABYTE } from './arrival.ts';
import { filesPerMillion } from './files.ts';
import type { Question } from './question.ts';
import { MILLION, type Workload } from './workload.ts';

export interface Size {
  readonly what: string;
  readonly size: number;
}

const SECONDS_OF_A_DAY = 86_400;

/** `busiest`: in the busiest second, `peakFactor` times the average of the day. */
export function sizes(question: Question, { eventsPerRequest }: Workload): Size[] {
  const { deployed, assumptions, arrival } = question;
  const { bytes, milliseconds, shareOnBus, shareWithOrder } = assumptions;
  const requests = arrival.peakPerSecond / eventsPerRequest;
  const [base, each] = milliseconds.ingest;
  const relayed = arrival.batches(deployed.stream('Stream'));
  const invocations = (arrival.activePerSecond * relayed.perMillion) / MILLION;
  const millions = (arrival.perSecond * SECONDS_OF_A_DAY) / MILLION;
  const files = filesPerMillion(question) * millions;
  return [
    { what: 'positions a second, average', size: arrival.perSecond },
    { what: 'positions a second, busiest', size: arrival.peakPerSecond },
    { what: 'requests a second, busiest', size: requests },
    {
      what: 'copies of ingest, busiest',
      size: (requests * (base + each * eventsPerRequest)) / 1_000,
    },
    { what: 'writes a second to the log, busiest', size: arrival.peakPerSecond },
    {
      what: 'writes a second to its index, busiest',
      size: arrival.peakPerSecond * shareWithOrder,
    },
    { what: 'GB in the log', size: arrival.stored / GIGABYTE },
    { what: "partitions of the log, its stream's shards", size: arrival.shards },
    { what: 'events in a batch of relay, by day', size: relayed.events },
    { what: 'invocations of relay a second, by day', size: invocations },
    {
      what: 'MB a second into Firehose, busiest',
      size: (arrival.peakPerSecond * bytes.row) / MILLION,
    },
    { what: 'events a second on the bus, busiest', size: arrival.peakPerSecond * shareOnBus },
    { what: 'files of the lake a day', size: files },
    { what: 'MB in a file', size: (millions * bytes.parquet) / files },
    { what: "GB scanned for a day's numbers", size: (millions * bytes.scanned) / 1_000 },
  ];
}
