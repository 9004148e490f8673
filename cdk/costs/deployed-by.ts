import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milkrunApp } from '../app.ts';
import type { Environment } from '../environment.ts';
import { repository } from '../repository.ts';
import { Deployed } from './deployed.ts';

/** What an environment's templates deploy. Built functions are not needed: what they are made of costs nothing. */
export function deployedBy(environment: Environment): Deployed {
  const directory = mkdtempSync(join(tmpdir(), 'milkrun-costs-'));
  try {
    for (const name of readdirSync(repository('functions'))) {
      mkdirSync(join(directory, 'functions', name), { recursive: true });
      writeFileSync(join(directory, 'functions', name, 'bootstrap'), 'placeholder');
    }
    const app = milkrunApp(
      {
        // The checks are those of a deployment, and take seconds.
        environment: { ...environment, templateChecks: false },
        functionsDirectory: join(directory, 'functions'),
        buildVersion: 'costs',
      },
      join(directory, 'cdk.out'),
    );
    return new Deployed(app.synth().stacks.map(({ template }) => template));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
