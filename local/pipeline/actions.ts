// What stands in for each action of the workflows. One that is not here is an error: it would not have been tried.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { Environment, Permissions } from './workflow.ts';

/** What a job's actions may use and change. */
export interface JobState {
  readonly permissions: Permissions;
  /** Where uploaded artifacts are. */
  readonly artifacts: string;
  environment: Environment;
}

type Inputs = Readonly<Record<string, string>>;
type Action = (inputs: Inputs, state: JobState) => void;

/** The endpoint of an account of the emulator, in the environment of the jobs. */
export const endpointVariable = (account: string) => `EMULATED_ACCOUNT_${account}`;

/** Where the workflows build the artefact, and where they fetch it to. */
export const BUILT = 'target/artefact';

const ACTIONS: Readonly<Record<string, Action>> = {
  // The tree that it is run in; without what another job built, which a fresh runner does not have.
  'actions/checkout': () => rmSync(BUILT, { recursive: true, force: true }),
  'actions/setup-node': () => {},
  'actions/setup-python': () => {},
  'hashicorp/setup-terraform': () => {},
  'taiki-e/install-action': () => {},
  'Swatinem/rust-cache': () => {},
  'actions/upload-artifact': upload,
  'actions/download-artifact': download,
  'actions/attest-build-provenance': (inputs, { permissions }) => {
    statSync(required(inputs, 'subject-path'));
    mayWrite(permissions, 'id-token', 'attestations');
  },
  'aws-actions/configure-aws-credentials': assumeRole,
};

export function actionNamed(uses: string | undefined): Action {
  const [, name = '', version = ''] = uses?.match(/^([^@]+)@([0-9a-f]{40})$/) ?? [];
  const action = ACTIONS[name];
  if (action === undefined || version === '') {
    throw new Error(`${uses}: no action that stands in for it, or it is not pinned by its commit`);
  }
  return action;
}

/** As the real one, it forgets which files may be executed. */
function upload(inputs: Inputs, state: JobState): void {
  const from = required(inputs, 'path');
  const to = join(state.artifacts, required(inputs, 'name'));
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  cpSync(from, statSync(from).isDirectory() ? to : join(to, basename(from)), { recursive: true });
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      chmodSync(join(entry.parentPath, entry.name), 0o644);
    }
  }
}

/** After it nothing may be compiled: whoever fetches what was built does not build it again. */
function download(inputs: Inputs, state: JobState): void {
  const from = join(state.artifacts, required(inputs, 'name'));
  cpSync(from, required(inputs, 'path'), { recursive: true });
  const programs = join(state.artifacts, 'no-compiler');
  mkdirSync(programs, { recursive: true });
  const refusal = '#!/bin/sh\necho "cargo: this job has fetched what it needs" >&2\nexit 1\n';
  writeFileSync(join(programs, 'cargo'), refusal, { mode: 0o755 });
  state.environment = {
    ...state.environment,
    PATH: [programs, state.environment.PATH].join(delimiter),
  };
}

/** The account of the role, on the emulator: there an access key that is an account's number is its root. */
function assumeRole(inputs: Inputs, state: JobState): void {
  mayWrite(state.permissions, 'id-token');
  const role = required(inputs, 'role-to-assume');
  const [, account = ''] = role.match(/^arn:aws:iam::(\d{12}):role\/./) ?? [];
  const endpoint = state.environment[endpointVariable(account)];
  if (endpoint === undefined) {
    throw new Error(`${role} is not a role of an account that the emulator has`);
  }
  const region = required(inputs, 'aws-region');
  state.environment = {
    ...state.environment,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}

function mayWrite(permissions: Permissions, ...names: string[]): void {
  for (const name of names) {
    if (permissions[name] !== 'write') {
      throw new Error(`the job needs the permission ${name}: write`);
    }
  }
}

function required(inputs: Inputs, name: string): string {
  const value = inputs[name];
  if (!value) {
    throw new Error(`the input ${name} is missing or empty`);
  }
  return value;
}
