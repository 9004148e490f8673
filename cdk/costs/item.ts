// An event's item, and how much of it an index has.
import { sum } from './question.ts';
import type { Assumptions } from './workload.ts';

/** Share of events that an index has: those with its keys. */
export function indexed(keys: readonly string[], { shareWithOrder }: Assumptions): number {
  return keys.includes('located_order_id') ? shareWithOrder : 1;
}

/** Bytes of an item, or of the part that an index holds. */
export function size(
  attributes: Readonly<Record<string, number>>,
  holds: (attribute: string) => boolean = () => true,
): number {
  return sum(Object.entries(attributes).map(([name, bytes]) => (holds(name) ? bytes : 0)));
}
