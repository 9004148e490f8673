// How the walk talks: a line for each step as it ends, and the digests of all environments beside each other.
import type { StepRun } from './runner.ts';

const MARKS = { success: '✓', failure: '✗', skipped: '-' };

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function title(text: string): void {
  say(`\n${text}\n`);
}

export function stepLine({ job, step, result, seconds }: StepRun): string {
  const took = result === 'skipped' ? 'not run' : `${seconds.toFixed(1)} s`;
  return `  ${MARKS[result]} ${job.padEnd(12)} ${step.padEnd(40)} ${took.padStart(8)}`.trimEnd();
}

/** A row for each function, a column for each environment: the beginning of its CodeSha256. */
export function digestTable(
  digests: Readonly<Record<string, Readonly<Record<string, string>>>>,
): string {
  const environments = Object.keys(digests);
  const functions = [...new Set(Object.values(digests).flatMap(Object.keys))].sort();
  const row = (first: string, cells: readonly string[]) =>
    `  ${first.padEnd(20)}${cells.map((cell) => cell.padEnd(15)).join('')}`.trimEnd();
  return [
    row('CodeSha256', environments),
    ...functions.map((name) =>
      row(
        name,
        environments.map((environment) => (digests[environment]?.[name] ?? 'none').slice(0, 12)),
      ),
    ),
  ].join('\n');
}
