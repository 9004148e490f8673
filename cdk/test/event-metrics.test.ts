import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as metrics from '../event-metrics.ts';
import { repository } from '../repository.ts';

test('the metrics that are read are those that the functions write', () => {
  const source = (file: string) => readFileSync(repository(`crates/metrics/src/${file}`), 'utf8');
  const written = [...source('lib.rs').matchAll(/^ +\/\/\/ `(\w+)`, (?:Count|Seconds): /gm)];
  expect(Object.values(metrics).map((metric) => metric.metricName)).toEqual(
    written.map(([, name]) => name),
  );
  for (const metric of Object.values(metrics)) {
    expect(source('line.rs')).toContain(`NAMESPACE: &str = "${metric.namespace}"`);
    expect(metric.dimensions).toBeUndefined();
  }
});
