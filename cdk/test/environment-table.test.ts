import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { environmentTable, PAGE } from '../environment-table.ts';
import { repository } from '../repository.ts';

const page = environmentTable();

test('docs/environments.md is what the type and the data say (`make generate`)', () => {
  expect(readFileSync(repository(PAGE), 'utf8')).toBe(page);
});

/** How many values an environment has where all optional ones are there. */
const leaves = (value: unknown): number =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.values(value).reduce((sum: number, inner) => sum + leaves(inner), 0)
    : 1;

test('every field is in it, with its meaning', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThanOrEqual(leaves(prod));
  for (const row of rows) {
    expect(row).toMatch(/ \| \S.{8,} \|$/);
  }
});
