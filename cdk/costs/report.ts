import { ConfigurationError } from '../configuration-error.ts';
import type { Bill, Costs } from './model.ts';
import { MILLION } from './workload.ts';

type Row = readonly [label: string, ...cells: string[]];

/** What `make costs` prints. */
export function text(costs: Costs, environment: string): string {
  const rows = table(costs, true);
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: Row) =>
    row
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [
    `${environment}: dollars for a million positions, at the list prices of docs/scale.md.`,
    'Webhooks bring one position a request, batches a hundred; the columns are positions a day.',
    '',
    ...rows.map(line),
    '',
    `A million answers where an order or a driver is: $${costs.reading.toFixed(2)}.`,
    verdict(costs),
    '',
  ].join('\n');
}

/** The block of docs/scale.md: sums, without their lines. */
function markdown(costs: Costs): string {
  return [
    ...markdownTable(table(costs, false)),
    '',
    `A million answers where an order or a driver is: $${costs.reading.toFixed(2)}. ${verdict(costs)}`,
    '',
    ...markdownTable(sizes(costs)),
  ].join('\n');
}

function markdownTable([head, ...rows]: Row[]): string[] {
  const line = (row: Row | undefined) => `| ${row?.join(' | ')} |`;
  const rule = `| --- |${' ---: |'.repeat((head?.length ?? 1) - 1)}`;
  return [line(head), rule, ...rows.map(line)];
}

const BEGIN = '<!-- costs: rewritten by `make generate` -->';
const END = '<!-- end of costs -->';

/** The page with today's numbers in its block. */
export function replaced(page: string, costs: Costs): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) {
    throw new ConfigurationError(`docs/scale.md has no block between "${BEGIN}" and "${END}"`);
  }
  return `${page.slice(0, begin)}${BEGIN}\n\n${markdown(costs)}\n\n${page.slice(end)}`;
}

function verdict({ bills }: Costs): string {
  const missed = bills.filter((bill) => !bill.goalMet);
  return missed.length === 0
    ? 'Taking in meets its goals.'
    : `Taking in misses its goal: ${missed.map(name).join('; ')}.`;
}

function table({ bills }: Costs, withLines: boolean): Row[] {
  const [first] = bills;
  if (first === undefined) {
    return [];
  }
  const row = (label: string, of: (bill: Bill) => string): Row => [label, ...bills.map(of)];
  return [
    row('', name),
    ...first.sections.flatMap((section, number): Row[] => [
      row(section.title, (bill) => dollars(bill.sections[number]?.dollars)),
      ...(withLines
        ? section.lines.map((line, index) =>
            row(`  ${line.what}`, (bill) => dollars(bill.sections[number]?.lines[index]?.dollars)),
          )
        : []),
      ...(number === 0
        ? [
            row(withLines ? '  its goal, at most' : '… its goal, at most', ({ goal }) =>
              dollars(goal),
            ),
            row(withLines ? '  met' : '… met', ({ goalMet }) => (goalMet ? 'yes' : 'NO')),
          ]
        : []),
    ]),
    row('All of it', (bill) => dollars(bill.dollars)),
    row('All of it, a month', (bill) =>
      bill.dollarsPerMonth.toLocaleString('en-US', { maximumFractionDigits: 0 }),
    ),
  ];
}

function sizes({ bills }: Costs): Row[] {
  const [first] = bills;
  const rows = first?.sizes.map(
    ({ what }, index): Row => [what, ...bills.map((bill) => rounded(bill.sizes[index]?.size))],
  );
  return [['', ...bills.map(name)], ...(rows ?? [])];
}

/** To two digits, or to the whole. */
function rounded(size: number | undefined): string {
  return (size ?? Number.NaN).toLocaleString('en-US', {
    maximumSignificantDigits: Math.max(2, Math.ceil(Math.log10(size ?? 0))),
  });
}

function name({ workload }: Bill): string {
  const millions = workload.positionsPerDay / MILLION;
  const size = millions < 1_000 ? `${millions} M` : `${millions / 1_000} G`;
  return `${workload.name}, ${size}`;
}

const dollars = (value: number | undefined) => (value ?? Number.NaN).toFixed(3);
