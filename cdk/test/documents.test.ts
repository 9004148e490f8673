import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { repository } from '../repository.ts';

test("docs/privacy.md has prod's retention", () => {
  const page = readFileSync(repository('docs/privacy.md'), 'utf8');
  const said = [...page.matchAll(/`(retentionDays|bus)\.(\w+)` \(prod (\d+)\)/g)];
  expect(said.length).toBeGreaterThan(10);
  for (const [text, group, field, days] of said) {
    const values = prod[group as 'retentionDays' | 'bus'] as unknown as Record<string, number>;
    expect(values[field as string], text).toBe(Number(days));
  }
  const named = new Set(said.map(([, , field]) => field));
  const missing = Object.keys(prod.retentionDays).filter((field) => !named.has(field));
  expect(missing).toEqual([]);
});
