// A step's script, run as a runner of GitHub's does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { Environment } from './workflow.ts';

export interface Script {
  readonly text: string;
  /** The workflow's `defaults.run.shell`. */
  readonly shell: string | undefined;
  readonly environment: Environment;
  /** Where its output goes; what it writes for GitHub goes beside. */
  readonly log: string;
}

/** What it wrote to GITHUB_OUTPUT, or nothing where it failed. */
export async function runScript(script: Script): Promise<Record<string, string> | undefined> {
  const { log } = script;
  const [outputs, summary] = [`${log}.outputs`, `${log}.summary.md`];
  writeFileSync(outputs, '');
  writeFileSync(summary, '');
  const output = openSync(log, 'w');
  try {
    const running = spawn('bash', [...shellOptions(script.shell), '-c', script.text], {
      env: { ...script.environment, GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary },
      stdio: ['ignore', output, output],
    });
    const [code] = await once(running, 'close');
    return code === 0 ? outputsIn(readFileSync(outputs, 'utf8')) : undefined;
  } finally {
    closeSync(output);
  }
}

/** As the documentation of `shell` says: what is asked for by name stops at any failure, the default one less. */
function shellOptions(shell: string | undefined): string[] {
  return shell === 'bash' ? ['--noprofile', '--norc', '-e', '-o', 'pipefail'] : ['-e'];
}

export function outputsIn(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = line.match(/^([\w-]+)=(.*)$/) ?? [];
      if (name === undefined || value === undefined) {
        throw new Error(`GITHUB_OUTPUT: "${line}" is not name=value`);
      }
      return [name, value];
    }),
  );
}
