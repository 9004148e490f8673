// How positions arrive, from which everything else follows.
import type { Deployed } from './deployed.ts';
import { size } from './item.ts';
import { type Assumptions, MILLION, type Workload } from './workload.ts';

export const GIGABYTE = 2 ** 30;
export const DAYS_OF_A_MONTH = 30;
const SECONDS_OF_AN_HOUR = 3_600;
/** Lambda's limit for the payload of an invocation. */
const LARGEST_BATCH_BYTES = 6 * 2 ** 20;
/** What a partition of a table takes a second, and holds. Each has a shard of the stream. */
const PARTITION_WRITES = 1_000;
const PARTITION_BYTES = 10 * GIGABYTE;

/** What a mapping makes of the stream: how many events come together, and how often. */
export interface Batches {
  readonly events: number;
  readonly perMillion: number;
  /** From the first event of a batch to its last. */
  readonly seconds: number;
}

export class Arrival {
  readonly positionsPerMonth: number;
  /** Over the whole day. */
  readonly perSecond: number;
  readonly peakPerSecond: number;
  /** In the hours in which couriers drive. */
  readonly activePerSecond: number;
  readonly requestsPerMillion: number;
  /** Bytes of the log, once the first events expire. */
  readonly stored: number;
  /** Partitions of the log, and shards of its stream. */
  readonly shards: number;
  readonly #eventsPerRequest: number;
  readonly #recordBytes: number;

  constructor(deployed: Deployed, workload: Workload, assumptions: Assumptions) {
    const { positionsPerDay, eventsPerRequest } = workload;
    this.positionsPerMonth = positionsPerDay * DAYS_OF_A_MONTH;
    this.perSecond = positionsPerDay / 24 / SECONDS_OF_AN_HOUR;
    this.peakPerSecond = this.perSecond * assumptions.peakFactor;
    this.requestsPerMillion = MILLION / eventsPerRequest;
    const writes = Math.max(this.peakPerSecond, deployed.table('LocationEvents').warmWrites);
    const { attributes, itemOverhead } = assumptions.bytes;
    this.stored = positionsPerDay * deployed.eventDays * (size(attributes) + itemOverhead);
    this.shards = Math.ceil(Math.max(writes / PARTITION_WRITES, this.stored / PARTITION_BYTES));
    this.#eventsPerRequest = eventsPerRequest;
    this.activePerSecond = positionsPerDay / assumptions.activeHours / SECONDS_OF_AN_HOUR;
    this.#recordBytes = assumptions.bytes.streamRecord;
  }

  /**
   * A batch begins with what comes first, one event or a shard's part of a request, and ends when its window does,
   * or when it is full.
   */
  batches(mapping: { batchSize: number; windowSeconds: number }): Batches {
    const perShard = this.activePerSecond / this.shards;
    const first = Math.max(1, this.#eventsPerRequest / this.shards);
    const full = Math.min(mapping.batchSize, LARGEST_BATCH_BYTES / this.#recordBytes);
    const events = Math.min(first + perShard * mapping.windowSeconds, full);
    return {
      events,
      perMillion: MILLION / events,
      seconds: Math.min(mapping.windowSeconds, events / perShard),
    };
  }
}
