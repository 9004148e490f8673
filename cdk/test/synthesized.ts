// Synthesizes environments for the tests, each once, with placeholders for the functions.
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { local } from '../../environments/local.ts';
import { prod } from '../../environments/prod.ts';
import { milkrunApp } from '../app.ts';
import type { Environment } from '../environment.ts';

export const ROLES = [
  'data',
  'write-edge',
  'outbox',
  'analytics',
  'read-edge',
  'operations',
] as const;
export type StackRole = (typeof ROLES)[number];

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: Record<string, any>;
}

/** Every function: its construct, and its directory under functions/. */
export const FUNCTIONS = {
  Ingest: 'ingest',
  Relay: 'relay',
  LastLocation: 'last-location',
  Dispatch: 'dispatch',
  AggregatorMinutes: 'aggregator-minutes',
  AggregatorDaily: 'aggregator-daily',
  Analytics: 'analytics',
};

export const functionsDirectory = mkdtempSync(join(tmpdir(), 'milkrun-functions-'));
for (const name of Object.values(FUNCTIONS)) {
  const bootstrap = join(functionsDirectory, name, 'bootstrap');
  mkdirSync(join(functionsDirectory, name));
  writeFileSync(bootstrap, `#!/bin/sh\n# placeholder of ${name}\n`);
  chmodSync(bootstrap, 0o755);
}

export function appOf(environment: Environment, outdir?: string) {
  return milkrunApp({ environment, functionsDirectory, buildVersion: 'test' }, outdir);
}

export class Synthesized {
  readonly templates: Readonly<Record<StackRole, Template>>;

  constructor(environment: Environment) {
    // The checks have a test of their own (synthesis.test.ts).
    const app = appOf({ ...environment, templateChecks: false });
    const template = (role: StackRole) =>
      Template.fromStack(app.node.findChild(`milkrun-${environment.name}-${role}`) as Stack);
    this.templates = {
      data: template('data'),
      'write-edge': template('write-edge'),
      outbox: template('outbox'),
      analytics: template('analytics'),
      'read-edge': template('read-edge'),
      operations: template('operations'),
    };
  }

  /** Every resource of a type in all stacks, by logical id. */
  resources(type: string): Map<string, Resource> {
    return new Map(
      ROLES.flatMap((role) => Object.entries(this.templates[role].findResources(type))) as [
        string,
        Resource,
      ][],
    );
  }

  /** The only resource of a type. */
  only(type: string): Resource {
    const [found, ...more] = this.resources(type).values();
    if (found === undefined || more.length > 0) {
      throw new Error(`expected one ${type}, found ${found === undefined ? 0 : more.length + 1}`);
    }
    return found;
  }
}

const synthesized = new Map<Environment, Synthesized>();
export function synthesize(environment: Environment): Synthesized {
  const known = synthesized.get(environment) ?? new Synthesized(environment);
  synthesized.set(environment, known);
  return known;
}

export const inProd = () => synthesize(prod);
export const inLocal = () => synthesize(local);
