// `make test-delivery`: deploy.yml's path, walked with an emulator as the accounts of dev, test and prod. Twice: with
// this tree's build, which must reach all three, and with a broken one, which must not get past dev.
//
// `walk.ts STATE_DIR` does that; `walk.ts STATE_DIR WORKFLOW [JOB]` runs another workflow, or one of its jobs.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PYTHON, startAccounts } from './accounts.ts';
import { BUILT } from './actions.ts';
import { DEPLOYED, githubContext, rootOf, runnerEnvironment, variables } from './github.ts';
import { type Run, runWorkflow } from './runner.ts';
import { digestTable, say, stepLine, title } from './table.ts';
import { type Environment, readWorkflow } from './workflow.ts';

const DEPLOY = '.github/workflows/deploy.yml';
const DRIFT = '.github/workflows/drift.yml';

const [, , directory = '.milkrun/delivery', otherWorkflow, onlyJob] = process.argv;
const stateDir = resolve(directory);
const accounts = await startAccounts(
  DEPLOYED.map(({ account }) => account),
  stateDir,
);
try {
  process.exitCode = otherWorkflow === undefined ? await walk() : await runOther(otherWorkflow);
} catch (error) {
  process.stderr.write(`milkrun: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  accounts.stop();
  // Built for the emulator, and at last broken: nobody is to deploy it.
  for (const built of [BUILT, brokenFunctionsIn(stateDir)]) {
    rmSync(built, { recursive: true, force: true });
  }
}

async function walk(): Promise<number> {
  const faults: string[] = [];
  const expect = (isSo: boolean, fault: string) => {
    if (!isSo) {
      faults.push(fault);
    }
  };

  title('deploy.yml with what this tree builds');
  const good = await run(DEPLOY, 'good', {});
  const results = ['build', 'dev', 'test', 'prod'].map((job) => good.jobs.get(job)?.result);
  expect(
    results.every((result) => result === 'success'),
    'a good build did not reach prod',
  );
  const before = digests();
  const [dev, ...others] = Object.values(before);
  expect(
    Object.keys(dev ?? {}).length > 0 && others.every((other) => isDeepStrictEqual(other, dev)),
    'dev, test and prod do not run the same functions',
  );

  title('drift.yml, after somebody has changed a function of prod by hand');
  changeByHand();
  const drift = await run(DRIFT, 'drift', {});
  const drifted = drift.steps.filter(({ result }) => result === 'failure').map(({ job }) => job);
  expect(
    isDeepStrictEqual(drifted, ['look at prod']) && drift.jobs.get('issue')?.result === 'success',
    'drift.yml does not say that prod, and only prod, was changed by hand',
  );

  title('deploy.yml with a broken build: ingest ends as soon as it is started');
  const broken = await run(DEPLOY, 'broken', {
    environment: { BUILT_FUNCTIONS: brokenFunctions(), SMOKE_OPTIONS: '--patience 3' },
  });
  const [failed] = broken.steps.filter(({ result }) => result === 'failure');
  expect(
    failed?.job === 'dev' && failed.step === 'Smoke test',
    'the smoke test of dev did not find the broken build',
  );
  expect(
    ['test', 'prod'].every((job) => broken.jobs.get(job)?.result === 'skipped'),
    'the broken build did not stop before test and prod',
  );
  const after = digests();
  expect(
    after.dev?.ingest !== before.dev?.ingest,
    'the broken build did not get to dev, so nothing was tried',
  );
  expect(
    isDeepStrictEqual([after.test, after.prod], [before.test, before.prod]),
    'test or prod has changed',
  );

  title('after the good build');
  say(digestTable(before));
  title('after the broken build');
  say(digestTable(after));
  title(
    faults.length === 0
      ? 'Built once, the same bytes in dev, test and prod; the broken build stopped at dev.'
      : faults.map((fault) => `milkrun: ${fault}`).join('\n'),
  );
  return faults.length === 0 ? 0 : 1;
}

/** Runs a workflow, or one job of it, for its own sake. */
async function runOther(path: string): Promise<number> {
  title(onlyJob === undefined ? path : `${path}: ${onlyJob}`);
  const { jobs } = await run(path, basename(path, '.yml'), {});
  return [...jobs.values()].some(({ result }) => result === 'failure') ? 1 : 0;
}

interface Differently {
  readonly environment?: Environment;
}

function run(path: string, name: string, differently: Differently): Promise<Run> {
  const runDirectory = join(stateDir, 'runs', name);
  rmSync(runDirectory, { recursive: true, force: true });
  return runWorkflow(readWorkflow(path), {
    github: githubContext(),
    variables: variables(),
    environment: { ...runnerEnvironment(accounts, stateDir), ...differently.environment },
    directory: runDirectory,
    only: onlyJob,
    ended: (step) => {
      say(stepLine(step));
      if (step.result === 'failure' && step.log !== undefined) {
        const output = readFileSync(step.log, 'utf8').trimEnd().split('\n');
        say(
          output
            .slice(-12)
            .map((line) => `      ${line}`)
            .join('\n'),
        );
      }
    },
  });
}

/** What nobody should do: a function of prod gets other memory. */
function changeByHand(): void {
  const client = `
import boto3
functions = boto3.client("lambda")
[first, *_] = functions.list_functions()["Functions"]
functions.update_function_configuration(FunctionName=first["FunctionName"], MemorySize=192)`;
  const prod = DEPLOYED.find(({ name }) => name === 'prod');
  const env = rootOf(prod?.account ?? '', accounts, stateDir);
  const { status, stderr } = spawnSync(PYTHON, ['-c', client], { env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(stderr);
  }
}

/** The functions of this tree, but for one, which ends as soon as it is started. */
function brokenFunctions(): string {
  const broken = brokenFunctionsIn(stateDir);
  rmSync(broken, { recursive: true, force: true });
  cpSync('target/functions/local', broken, { recursive: true });
  writeFileSync(join(broken, 'ingest', 'bootstrap'), '#!/bin/sh\nexit 1\n');
  return broken;
}

/** The CodeSha256 of each function in each environment, as Lambda says it. */
function digests(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(
    DEPLOYED.map(({ name, account }) => {
      const options = ['-m', 'local.deployed', '--json', '--env', name];
      const { stdout, stderr } = spawnSync(
        PYTHON,
        [...options, '--artefact', join(stateDir, 'runs', 'good', 'artifacts', 'artefact')],
        { env: rootOf(account, accounts, stateDir), encoding: 'utf8' },
      );
      if (stdout === '') {
        throw new Error(stderr);
      }
      const functions: { name: string; deployed: string }[] = JSON.parse(stdout);
      return [name, Object.fromEntries(functions.map((one) => [one.name, one.deployed]))];
    }),
  );
}

function brokenFunctionsIn(directory: string): string {
  return join(directory, 'broken-functions');
}
