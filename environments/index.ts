import { ConfigurationError } from '../cdk/configuration-error.ts';
import type { Environment } from '../cdk/environment.ts';
import { dev } from './dev.ts';
import { local } from './local.ts';
import { prod } from './prod.ts';
import { test } from './test.ts';

export const environments: readonly Environment[] = [local, dev, test, prod];

export function environmentNamed(name: string | undefined): Environment {
  const found = environments.find((environment) => environment.name === name);
  if (found === undefined) {
    const legal = environments.map((environment) => environment.name).join(', ');
    const given = name === undefined ? 'is not set' : `is "${name}"`;
    throw new ConfigurationError(`MILKRUN_ENVIRONMENT ${given}: it must be one of ${legal}`);
  }
  return found;
}
