// A workflow as its YAML says it: what this program runs of it, and nothing that it would leave out in silence.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions: Permissions;
  readonly concurrency?: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

export interface Job {
  readonly name?: string;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  /** A workflow to run as this job; then it has no steps. */
  readonly uses?: string;
  readonly environment?: string;
  readonly permissions?: Permissions;
  readonly env?: Environment;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly include: readonly Matrix[] } };
  readonly steps?: readonly Step[];
}

export type Environment = Readonly<Record<string, string>>;
export type Matrix = Readonly<Record<string, string>>;

export interface Step {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
  readonly run?: string;
  readonly env?: Environment;
}

// Keys that change nothing here: who runs it, for how long at most, beside what else.
const WORKFLOW_KEYS = ['name', 'on', 'permissions', 'concurrency', 'defaults', 'jobs'];
const JOB_KEYS = [
  'name',
  'needs',
  'if',
  'uses',
  'environment',
  'permissions',
  'env',
  'outputs',
].concat(['strategy', 'steps', 'runs-on', 'timeout-minutes', 'concurrency']);
const STEP_KEYS = ['name', 'id', 'if', 'uses', 'with', 'run', 'env'];
const STRATEGY_KEYS = ['matrix', 'fail-fast'];

export function readWorkflow(path: string): Workflow {
  const workflow: Workflow = parse(readFileSync(path, 'utf8'));
  refuseOthers(path, workflow, WORKFLOW_KEYS);
  for (const [id, job] of Object.entries(workflow.jobs)) {
    refuseOthers(`${path}: ${id}`, job, JOB_KEYS);
    refuseOthers(`${path}: ${id}: strategy`, job.strategy ?? {}, STRATEGY_KEYS);
    for (const step of job.steps ?? []) {
      refuseOthers(`${path}: ${id}: ${step.name}`, step, STEP_KEYS);
    }
  }
  return workflow;
}

/** The jobs before which this one does not begin. */
export function needsOf(job: Job): readonly string[] {
  return typeof job.needs === 'string' ? [job.needs] : (job.needs ?? []);
}

function refuseOthers(where: string, value: object, known: readonly string[]): void {
  const others = Object.keys(value).filter((key) => !known.includes(key));
  if (others.length > 0) {
    throw new Error(`${where}: ${others.join(', ')}: local/pipeline does not know what that does`);
  }
}
