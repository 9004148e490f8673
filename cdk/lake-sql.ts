import { readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration-error.ts';
import { repository } from './repository.ts';

const EVENTS = '{{events}}';

export interface Period {
  /** How many arrival days before today are read; they are UTC, as Athena's clock is. */
  readonly days: number;
  /** Whose days events are counted by. */
  readonly timeZone: string;
}

/** A statement of analytics/ as Athena runs it, over what arrived of late. */
export function lakeSql(path: string, { days, timeZone }: Period): string {
  const from = `CAST(CAST(current_date - INTERVAL '${days}' DAY AS date) AS varchar)`;
  const to = 'CAST(current_date AS varchar)';
  const sql = statement(path)
    .replaceAll(EVENTS, () => indented(statement('analytics/location_events.sql')))
    .replaceAll("'{{from}}'", from)
    .replaceAll("'{{to}}'", to)
    .replaceAll('{{time_zone}}', timeZone);
  const [unknown] = /\{\{\w*\}\}/.exec(sql) ?? [];
  if (unknown !== undefined) {
    throw new ConfigurationError(`${path} has ${unknown}, for which nothing is known to put`);
  }
  return sql;
}

/** The lines of the comment that a file begins with, without the dashes. */
export function heading(path: string): string[] {
  return split(path).comment.map((line) => line.replace(/^--\s?/, ''));
}

function statement(path: string): string {
  return split(path).statement.join('\n').trim();
}

function split(path: string): { comment: string[]; statement: string[] } {
  const lines = readFileSync(repository(path), 'utf8').split('\n');
  const first = lines.findIndex((line) => !line.startsWith('--'));
  return { comment: lines.slice(0, first), statement: lines.slice(first) };
}

function indented(text: string): string {
  return `\n${text.replaceAll(/^(?=.)/gm, '    ')}\n`;
}
