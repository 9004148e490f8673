// What `make costs` and `make generate` run. MILKRUN_ENVIRONMENT names the environment. With the argument
// `--update` it rewrites the numbers in docs/scale.md instead of printing them.
import { readFileSync, writeFileSync } from 'node:fs';
import { environmentNamed } from '../../environments/index.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { deployedBy } from '../costs/deployed-by.ts';
import { costs } from '../costs/model.ts';
import { Prices } from '../costs/prices.ts';
import { replaced, text } from '../costs/report.ts';
import { ASSUMPTIONS, WORKLOADS } from '../costs/workload.ts';
import { repository } from '../repository.ts';

const PAGE = repository('docs/scale.md');

try {
  const environment = environmentNamed(process.env.MILKRUN_ENVIRONMENT);
  const page = readFileSync(PAGE, 'utf8');
  const answer = costs(deployedBy(environment), Prices.of(page), WORKLOADS, ASSUMPTIONS);
  if (process.argv.includes('--update')) {
    writeFileSync(PAGE, replaced(page, answer));
  } else {
    process.stdout.write(text(answer, environment.name));
    process.exitCode = answer.bills.every(({ goalMet }) => goalMet) ? 0 : 1;
  }
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
