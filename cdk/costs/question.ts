import type { Arrival } from './arrival.ts';
import type { Deployed } from './deployed.ts';
import type { Prices } from './prices.ts';
import type { Assumptions } from './workload.ts';

/** All that a line of the bill may depend on. */
export interface Question {
  readonly deployed: Deployed;
  readonly prices: Prices;
  readonly assumptions: Assumptions;
  readonly arrival: Arrival;
}

/** A line of the bill. */
export interface Line {
  readonly what: string;
  /** For a million positions. */
  readonly dollars: number;
}

export const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
