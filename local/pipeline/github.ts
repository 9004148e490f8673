// What GitHub knows and a workflow's file does not say: the event, the variables, a runner's environment.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { delimiter, join } from 'node:path';
import { environments } from '../../environments/index.ts';
import type { Accounts } from './accounts.ts';
import { endpointVariable } from './actions.ts';
import type { Contexts } from './expressions.ts';
import type { Setting } from './runner.ts';
import type { Environment } from './workflow.ts';

export const REGION = 'us-east-1';
const REPOSITORY = 'example/milkrun';

/** The environments that a pipeline deploys to. */
export const DEPLOYED = environments.filter(({ name }) => name !== 'local');

/** The `github` context of a run on main, which is a pull request's as well. */
export function githubContext(): Contexts {
  return {
    repository: REPOSITORY,
    sha: spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout.trim(),
    ref_name: 'v0.0.0',
    server_url: 'https://github.com',
    run_id: '1',
    run_attempt: '1',
    token: 'a token',
    event: { pull_request: { number: 1, head: { repo: { full_name: REPOSITORY } } } },
  };
}

/** As docs/deploying.md has an operator set them. */
export function variables(): Setting['variables'] {
  const role = (account: string, environment: string, purpose: string) =>
    `arn:aws:iam::${account}:role/milkrun-${environment}-${purpose}`;
  const planRoles = DEPLOYED.map(({ name, account }) => [
    `${name.toUpperCase()}_PLAN_ROLE_ARN`,
    role(account, name, 'plan'),
  ]);
  const ofEnvironments = DEPLOYED.map(({ name, account }) => [
    name,
    { DEPLOY_ROLE_ARN: role(account, name, 'deploy') },
  ]);
  return {
    repository: { AWS_REGION: REGION, ATTEST: 'true', ...Object.fromEntries(planRoles) },
    ...Object.fromEntries(ofEnvironments),
  };
}

/** What a runner of GitHub's has, and that AWS is an emulator here. No credentials: a job has to get them. */
export function runnerEnvironment(accounts: Accounts, stateDir: string): Environment {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|MAKE|MFLAGS|npm_|NODE_OPTIONS)|_proxy$/i.test(name),
  );
  const endpoints = [...accounts.endpoints].map(([account, url]) => [
    endpointVariable(account),
    url,
  ]);
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(endpoints),
    PATH: [standInPrograms(stateDir), process.env.PATH].join(delimiter),
    CI: 'true',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_VERSION_CHECK: 'true',
    MILKRUN_EMULATED: 'true',
    // Half the requests of a change set, and nobody looks at one here.
    DEPLOY_OPTIONS: '--require-approval never --progress events --method direct --concurrency 4',
  };
}

/** The root of an account, for what an operator or this program does there. */
export function rootOf(account: string, accounts: Accounts, stateDir: string): Environment {
  return {
    ...runnerEnvironment(accounts, stateDir),
    AWS_ENDPOINT_URL: accounts.emulator,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
  };
}

/**
 * `gh` and `terraform`, which say what they were asked to do. To `gh` there is one run, the walk's good one, which
 * has uploaded the artefact, and one reviewer of prod; Terraform itself is run by `make test-terraform`.
 */
function standInPrograms(stateDir: string): string {
  const programs = join(stateDir, 'programs');
  mkdirSync(programs, { recursive: true });
  const program = (name: string, does: string) =>
    writeFileSync(join(programs, name), `#!/bin/sh\necho "${name} $*" >&2\n${does}\n`, {
      mode: 0o755,
    });
  program(
    'gh',
    `case "$1 $2" in
"run list" | "api "*) echo 1;;
"run download") mkdir -p "$7" && cp -r "${stateDir}/runs/good/artifacts/$5/." "$7";;
esac`,
  );
  program('terraform', '');
  return programs;
}
