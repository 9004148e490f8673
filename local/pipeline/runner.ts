// Runs a workflow's jobs in the order of `needs`, and each job's steps one after the other.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { actionNamed, type JobState } from './actions.ts';
import { type Contexts, holds, interpolate, type Status, type Value } from './expressions.ts';
import { runScript } from './script.ts';
import {
  type Environment,
  type Job,
  type Matrix,
  needsOf,
  type Step,
  type Workflow,
} from './workflow.ts';

export interface StepRun {
  readonly job: string;
  /** Of a job that is not run, nothing. */
  readonly step: string;
  readonly result: Status;
  readonly seconds: number;
  readonly log?: string | undefined;
}

export interface JobRun {
  readonly result: Status;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Run {
  readonly jobs: ReadonlyMap<string, JobRun>;
  readonly steps: readonly StepRun[];
}

/** What GitHub knows and a workflow's file does not say. */
export interface Setting {
  /** The `github` context. */
  readonly github: Contexts;
  /** The repository's variables, and those of its environments. */
  readonly variables: Readonly<Record<'repository' | string, Environment>>;
  /** What every runner has in its environment. */
  readonly environment: Environment;
  /** Where logs and uploaded artifacts go. */
  readonly directory: string;
  /** Only this job, as if all others had succeeded without outputs. */
  readonly only?: string | undefined;
  /** Is told of each step as it ends, and of each job that is not run. */
  readonly ended: (step: StepRun) => void;
}

export async function runWorkflow(workflow: Workflow, setting: Setting): Promise<Run> {
  const jobs = new Map<string, JobRun>();
  const steps: StepRun[] = [];
  const ended = (step: StepRun) => {
    steps.push(step);
    setting.ended(step);
  };
  mkdirSync(setting.directory, { recursive: true });
  for (const id of inOrder(workflow)) {
    const job = workflow.jobs[id] as Job;
    const needs = Object.fromEntries(needsOf(job).map((need) => [need, jobs.get(need) as JobRun]));
    const contexts: Contexts = { github: setting.github, needs: needs as unknown as Value };
    const runs = holds(job.if, contexts, statusBefore(workflow, id, jobs));
    if ((setting.only ?? id) !== id || (runs && job.uses !== undefined)) {
      // Another workflow, or a job that was not asked for: who runs this knows how that ends.
      jobs.set(id, { result: 'success', outputs: {} });
    } else if (!runs) {
      jobs.set(id, { result: 'skipped', outputs: {} });
      ended({ job: id, step: '', result: 'skipped', seconds: 0 });
    } else {
      jobs.set(id, await runMatrix(workflow, id, contexts, { ...setting, ended }));
    }
  }
  return { jobs, steps };
}

/** The jobs, each after all that it needs. */
export function inOrder(workflow: Workflow): string[] {
  const order: string[] = [];
  const visit = (id: string, path: readonly string[]) => {
    const job = workflow.jobs[id];
    if (job === undefined || path.includes(id)) {
      throw new Error(`${[...path, id].join(' needs ')}: there is no such job, or it needs itself`);
    }
    if (!order.includes(id)) {
      for (const need of needsOf(job)) {
        visit(need, [...path, id]);
      }
      order.push(id);
    }
  };
  for (const id of Object.keys(workflow.jobs)) {
    visit(id, []);
  }
  return order;
}

/** Failed where any job before it, however far, has failed; skipped where one that it needs was not run. */
function statusBefore(workflow: Workflow, id: string, jobs: ReadonlyMap<string, JobRun>): Status {
  const needs = needsOf(workflow.jobs[id] as Job);
  const before = needs.map((need) => statusBefore(workflow, need, jobs));
  const results = needs.map((need) => jobs.get(need)?.result);
  if ([...before, ...results].includes('failure')) {
    return 'failure';
  }
  return results.includes('skipped') ? 'skipped' : 'success';
}

async function runMatrix(
  workflow: Workflow,
  id: string,
  contexts: Contexts,
  setting: Setting,
): Promise<JobRun> {
  let whole: JobRun = { result: 'success', outputs: {} };
  for (const entry of workflow.jobs[id]?.strategy?.matrix.include ?? [{}]) {
    const vars = setting.variables.repository ?? {};
    const matrix: Matrix = interpolated(entry, { ...contexts, vars });
    const run = await runJob(workflow, id, { ...contexts, matrix }, setting);
    whole = whole.result === 'success' ? run : whole;
  }
  return whole;
}

async function runJob(
  workflow: Workflow,
  id: string,
  outer: Contexts,
  setting: Setting,
): Promise<JobRun> {
  const job = workflow.jobs[id] as Job;
  const { variables, directory } = setting;
  const vars = { ...variables.repository, ...(job.environment ? variables[job.environment] : {}) };
  const known: Contexts = { ...outer, vars };
  const state: JobState = {
    permissions: job.permissions ?? workflow.permissions,
    artifacts: join(directory, 'artifacts'),
    environment: { ...setting.environment, ...interpolated(job.env ?? {}, known) },
  };
  const name = interpolate(job.name ?? id, known);
  const steps: Record<string, { outputs: Record<string, string> }> = {};
  let status: Status = 'success';
  for (const step of job.steps ?? []) {
    const contexts: Contexts = { ...known, env: state.environment, steps };
    const started = performance.now();
    let result: Status = 'skipped';
    const log = join(mkdtempSync(join(directory, `${id}-`)), 'log');
    if (holds(step.if, contexts, status)) {
      const outputs = await runStep(step, contexts, state, log, workflow);
      result = outputs === undefined ? 'failure' : 'success';
      status = outputs === undefined ? 'failure' : status;
      if (step.id !== undefined) {
        steps[step.id] = { outputs: outputs ?? {} };
      }
    }
    const seconds = (performance.now() - started) / 1000;
    setting.ended({ job: name, step: step.name, result, seconds, log });
  }
  const declared = status === 'success' ? (job.outputs ?? {}) : {};
  return { result: status, outputs: interpolated(declared, { ...known, steps }) };
}

/** Its outputs, or nothing where its script failed; what no runner could do is an error. */
async function runStep(
  step: Step,
  contexts: Contexts,
  state: JobState,
  log: string,
  workflow: Workflow,
): Promise<Record<string, string> | undefined> {
  try {
    if (step.run === undefined) {
      actionNamed(step.uses)(interpolated(step.with ?? {}, contexts), state);
      return {};
    }
    return await runScript({
      text: interpolate(step.run, contexts),
      shell: workflow.defaults?.run?.shell,
      environment: { ...state.environment, ...interpolated(step.env ?? {}, contexts) },
      log,
    });
  } catch (error) {
    throw new Error(`${step.name}: ${(error as Error).message}`, { cause: error });
  }
}

type Texts = Readonly<Record<string, string | number | boolean>>;

function interpolated(values: Texts, contexts: Contexts): Environment {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, interpolate(String(value), contexts)]),
  );
}
