import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inOrder, runWorkflow, type StepRun } from './runner.ts';
import type { Job, Step, Workflow } from './workflow.ts';

const directory = mkdtempSync(join(tmpdir(), 'pipeline-'));
const PINNED = '0123456789012345678901234567890123456789';

function workflow(jobs: Record<string, Job>): Workflow {
  return { name: 'a test', on: 'push', permissions: {}, jobs };
}

const step = (run: string, more: Partial<Step> = {}): Step => ({ name: run, run, ...more });

async function run(of: Workflow) {
  const ended: StepRun[] = [];
  const { jobs } = await runWorkflow(of, {
    github: { sha: 'abc' },
    variables: { repository: { ROLE: 'any' }, dev: { ROLE: 'of dev' } },
    environment: { PATH: process.env.PATH ?? '', DIRECTORY: directory },
    directory,
    ended: (one) => ended.push(one),
  });
  const results = Object.fromEntries([...jobs].map(([id, { result }]) => [id, result]));
  return { jobs, results, ended: ended.map(({ job, step: name, result }) => [job, name, result]) };
}

it('runs jobs after those that they need, and knows a circle', () => {
  const jobs = { prod: { needs: ['build', 'dev'] }, dev: { needs: 'build' }, build: {} };
  expect(inOrder(workflow(jobs))).toEqual(['build', 'dev', 'prod']);
  expect(() => inOrder(workflow({ a: { needs: 'b' }, b: { needs: 'a' } }))).toThrow(
    'a needs b needs a',
  );
});

it('hands outputs on, and each environment its own variables', async () => {
  const { jobs } = await run(
    workflow({
      build: {
        outputs: { digest: '${{ steps.digest.outputs.digest }}' },
        steps: [
          step('echo "digest=$SHA" >> "$GITHUB_OUTPUT"', {
            id: 'digest',
            env: { SHA: '${{ github.sha }}' },
          }),
        ],
      },
      dev: {
        needs: 'build',
        environment: 'dev',
        env: { DIGEST: '${{ needs.build.outputs.digest }}', ROLE: '${{ vars.ROLE }}' },
        outputs: { seen: '${{ steps.seen.outputs.seen }}' },
        steps: [step('echo "seen=$ROLE $DIGEST" >> "$GITHUB_OUTPUT"', { id: 'seen' })],
      },
    }),
  );
  expect(jobs.get('dev')?.outputs).toEqual({ seen: 'of dev abc' });
});

it('stops a job at its first failure, and the jobs after it', async () => {
  const { results, ended } = await run(
    workflow({
      dev: { steps: [step('exit 1'), step('true'), step('echo', { if: 'failure()' })] },
      test: { needs: 'dev', steps: [step('true')] },
      prod: { needs: 'test', steps: [step('true')] },
      issue: { needs: 'prod', if: 'failure()', steps: [step('true')] },
    }),
  );
  expect(results).toEqual({ dev: 'failure', test: 'skipped', prod: 'skipped', issue: 'success' });
  expect(ended.slice(0, 3).map(([, , result]) => result)).toEqual([
    'failure',
    'skipped',
    'success',
  ]);
});

it('skips what needs a skipped job, and calls that no failure', async () => {
  const { results } = await run(
    workflow({
      comment: { if: "github.sha == 'another'", steps: [step('true')] },
      after: { needs: 'comment', steps: [step('true')] },
      issue: { needs: 'after', if: 'failure()', steps: [step('true')] },
    }),
  );
  expect(results).toEqual({ comment: 'skipped', after: 'skipped', issue: 'skipped' });
});

it('fails where one of a matrix fails, and runs all of it', async () => {
  const include = ['dev', 'test', 'prod'].map((environment) => ({ environment }));
  const { results, ended } = await run(
    workflow({
      look: {
        name: '${{ matrix.environment }}',
        strategy: { matrix: { include } },
        steps: [step('test "$IT" != test', { env: { IT: '${{ matrix.environment }}' } })],
      },
    }),
  );
  expect(results).toEqual({ look: 'failure' });
  expect(ended.map(([job, , result]) => [job, result])).toEqual([
    ['dev', 'success'],
    ['test', 'failure'],
    ['prod', 'success'],
  ]);
});

it.each([
  ['bash', 'failure'],
  [undefined, 'success'],
])(
  'notices a failure before a pipe only where the shell is asked for: %s',
  async (shell, result) => {
    const defaults = shell === undefined ? {} : { run: { shell } };
    const { results } = await run({
      ...workflow({ one: { steps: [step('false | true')] } }),
      defaults,
    });
    expect(results.one).toBe(result);
  },
);

it('refuses actions that it does not know or that are not pinned', async () => {
  for (const uses of [`actions/unheard-of@${PINNED}`, 'actions/setup-node@v7']) {
    const jobs = { one: { steps: [{ name: 'Act', uses }] } };
    await expect(run(workflow(jobs))).rejects.toThrow(`Act: ${uses}: no action that stands in`);
  }
});

it('hands files on as GitHub does: no longer executable, and with nothing left to compile them again', async () => {
  const [from, to] = [join(directory, 'from'), join(directory, 'to')];
  const path = (name: string) => ({ with: { name: 'built', path: name } });
  const { results } = await run(
    workflow({
      build: {
        steps: [
          step(
            'mkdir -p "$DIRECTORY/from/bin" && install -m 755 /dev/null "$DIRECTORY/from/bin/program"',
          ),
          { name: 'Keep', uses: `actions/upload-artifact@${PINNED}`, ...path(from) },
        ],
      },
      dev: {
        needs: 'build',
        steps: [
          { name: 'Fetch', uses: `actions/download-artifact@${PINNED}`, ...path(to) },
          step('! cargo build'),
        ],
      },
    }),
  );
  expect(results).toEqual({ build: 'success', dev: 'success' });
  expect(statSync(join(to, 'bin/program')).mode & 0o111).toBe(0);
  expect(existsSync(join(directory, 'artifacts/built/bin/program'))).toBe(true);
});

it('gives credentials of the account only to jobs that may ask for them', async () => {
  const assume: Step = {
    name: 'Assume',
    uses: `aws-actions/configure-aws-credentials@${PINNED}`,
    with: { 'role-to-assume': 'arn:aws:iam::111111111111:role/deploy', 'aws-region': 'us-east-1' },
  };
  const known = { EMULATED_ACCOUNT_111111111111: 'http://127.0.0.1:1' };
  const seen = step('echo "$AWS_ACCESS_KEY_ID $AWS_ENDPOINT_URL" > "$DIRECTORY/seen"');
  const job: Job = { env: known, steps: [assume, seen] };
  await expect(run(workflow({ dev: job }))).rejects.toThrow('id-token: write');
  await run(workflow({ dev: { ...job, permissions: { 'id-token': 'write' } } }));
  expect(readFileSync(join(directory, 'seen'), 'utf8')).toBe('111111111111 http://127.0.0.1:1\n');
});
