import type { Line, Question } from './question.ts';
import { type Duration, MILLION } from './workload.ts';

export interface Invocations {
  readonly name: string;
  /** Logical id of the function. */
  readonly id: string;
  readonly perMillion: number;
  readonly duration: Duration;
  /** What the second number of the duration is for. */
  readonly items: number;
}

/** What invocations cost: by request, by time, and by what X-Ray follows of them. */
export function invocations(
  { deployed, prices, arrival }: Question,
  { name, id, perMillion, duration: [base, each], items }: Invocations,
): Line[] {
  const { gigabytes, second, traced } = deployed.function(id);
  const seconds = (base + each * items) / 1_000;
  const perSecond = (perMillion / MILLION) * arrival.activePerSecond;
  return [
    {
      what: `Lambda: invocations of ${name}`,
      dollars: (perMillion / MILLION) * prices.dollars('lambda-request'),
    },
    {
      what: `Lambda: time of ${name}`,
      dollars: perMillion * seconds * gigabytes * prices.dollars(second),
    },
    ...(traced
      ? [
          {
            what: `X-Ray: traces of ${name}`,
            dollars: (perMillion / MILLION) * shareTraced(perSecond) * prices.dollars('xray-trace'),
          },
        ]
      : []),
  ];
}

/**
 * Where nobody has decided before it, Lambda follows an invocation a second and 5 % of the others. No sampling rule
 * changes that: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
function shareTraced(perSecond: number): number {
  return perSecond <= 1 ? 1 : (1 + 0.05 * (perSecond - 1)) / perSecond;
}
