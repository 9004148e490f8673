import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as metrics from '../event-metrics.ts';
import { repository } from '../repository.ts';

test('the metrics that are read are those that the functions write', () => {
  const source = (file: string) => readFileSync(repository(`crates/metrics/src/${file}`), 'utf8');
  const written = [...source('lib.rs').matchAll(/^ +\/\/\/ `(\w+)`, (?:Count|Seconds): /gm)];
  const read = Object.values(metrics).map((metric) =>
    typeof metric === 'function' ? metric('f', '1') : metric,
  );
  expect(read.map((metric) => metric.metricName)).toEqual(written.map(([, name]) => name));
  for (const { namespace, metricName, dimensions } of read) {
    expect(source('line.rs')).toContain(`NAMESPACE: &str = "${namespace}"`);
    const names = Object.keys(dimensions ?? {})
      .map((name) => `"${name}"`)
      .join(', ');
    expect(source('lib.rs'), metricName).toMatch(new RegExp(`&\\[(?:&\\[)?${names}\\]`));
  }
});
