// Dollars for a million positions: a function of what would be deployed, of list prices, and of how much comes.
import { Arrival } from './arrival.ts';
import type { Deployed } from './deployed.ts';
import {
  daysNumbers,
  driversMinutes,
  exampleSubscriber,
  keeping,
  reading,
  standing,
} from './other-costs.ts';
import type { Prices } from './prices.ts';
import { type Line, type Question, sum } from './question.ts';
import { type Size, sizes } from './sizes.ts';
import { takingIn } from './taking-in.ts';
import { type Assumptions, MILLION, type Workload } from './workload.ts';

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly dollars: number;
}

export interface Bill {
  readonly workload: Workload;
  /** The first section is taking in, to which the goal applies. */
  readonly sections: readonly Section[];
  /** What a million positions may cost to take in. */
  readonly goal: number;
  readonly goalMet: boolean;
  /** All sections. */
  readonly dollars: number;
  readonly dollarsPerMonth: number;
  /** Not dollars: how large each part is. */
  readonly sizes: readonly Size[];
}

export interface Costs {
  readonly bills: readonly Bill[];
  /** A million answers where an order or a driver is. */
  readonly reading: number;
}

/** For a million positions, from the request to the log, the lake and the bus. */
export const GOALS = { webhooks: 2.6, batches: 1.5 };

export function costs(
  deployed: Deployed,
  prices: Prices,
  workloads: readonly Workload[],
  assumptions: Assumptions,
): Costs {
  return {
    bills: workloads.map((workload) => bill(deployed, prices, workload, assumptions)),
    reading: reading(deployed, prices, assumptions),
  };
}

function bill(
  deployed: Deployed,
  prices: Prices,
  workload: Workload,
  assumptions: Assumptions,
): Bill {
  const arrival = new Arrival(deployed, workload, assumptions);
  const question: Question = { deployed, prices, assumptions, arrival };
  const millions = arrival.positionsPerMonth / MILLION;
  const interval = assumptions.secondsBetweenPositions;
  const sections = [
    section('Taking in', takingIn(question)),
    section('Keeping, until it expires', keeping(question)),
    section(`Drivers' minutes, a position every ${interval} s`, driversMinutes(question)),
    section("Days' numbers", daysNumbers(question)),
    section('The example subscriber', exampleSubscriber(question)),
    section(
      'Standing, a share of each month',
      standing(deployed, prices, assumptions).map(({ what, dollars }) => ({
        what,
        dollars: dollars / millions,
      })),
    ),
  ];
  const goal = workload.eventsPerRequest === 1 ? GOALS.webhooks : GOALS.batches;
  const dollars = sum(sections.map((each) => each.dollars));
  return {
    workload,
    sections,
    goal,
    goalMet: (sections[0]?.dollars ?? Number.POSITIVE_INFINITY) <= goal,
    dollars,
    dollarsPerMonth: dollars * millions,
    sizes: sizes(question, workload),
  };
}

function section(title: string, lines: readonly Line[]): Section {
  return { title, lines, dollars: sum(lines.map((line) => line.dollars)) };
}
