// What GitHub itself would say of the workflows: its own language service, which knows the syntax, the contexts,
// and which outputs a job or a step has. Then shellcheck on each `run:`.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { validate } from '@actions/languageservice';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { readWorkflow } from './workflow.ts';

const DIRECTORY = '.github/workflows';
const [, , shellcheck = 'shellcheck'] = process.argv;

/** Each fault as a line: where, and what. */
async function faults(name: string): Promise<string[]> {
  const path = `${DIRECTORY}/${name}`;
  const text = readFileSync(path, 'utf8');
  const diagnostics = await validate(TextDocument.create(`file:///${path}`, 'yaml', 1, text), {});
  const found = diagnostics.map(
    ({ range, message }) => `${path}:${range.start.line + 1}: ${message}`,
  );
  for (const [id, job] of Object.entries(readWorkflow(path).jobs)) {
    for (const step of job.steps ?? []) {
      if (step.run !== undefined) {
        const check = spawnSync(shellcheck, ['--shell=bash', '--format=gcc', '-'], {
          input: step.run,
          encoding: 'utf8',
        });
        if (check.status !== 0) {
          const said = check.error?.message ?? `${check.stdout}${check.stderr}`;
          found.push(`${path}: ${id}: ${step.name}: ${said.trim()}`);
        }
      }
    }
  }
  return found;
}

const found = (await Promise.all(readdirSync(DIRECTORY).map(faults))).flat();
process.stderr.write(found.map((fault) => `${fault}\n`).join(''));
process.exitCode = found.length > 0 ? 1 : 0;
