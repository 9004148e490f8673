import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { actionNamed } from './actions.ts';
import { inOrder } from './runner.ts';
import { readWorkflow } from './workflow.ts';

const DIRECTORY = '.github/workflows';
const files = readdirSync(DIRECTORY);

it.each(files)('%s can be run here: every job, every key and every action is known', (file) => {
  const workflow = readWorkflow(`${DIRECTORY}/${file}`);
  for (const id of inOrder(workflow)) {
    for (const step of workflow.jobs[id]?.steps ?? []) {
      expect(step.run !== undefined || actionNamed(step.uses)).toBeTruthy();
    }
  }
});

it.each(files)('%s may do nothing but what a job asks for', (file) => {
  expect(readWorkflow(`${DIRECTORY}/${file}`).permissions).toEqual({});
});

it('the stages of ci.yml are those of `make test`', () => {
  const [, stages] = readFileSync('Makefile', 'utf8').match(/^STAGES \?= (.*)$/m) ?? [];
  const matrix = readWorkflow(`${DIRECTORY}/ci.yml`).jobs.stages?.strategy?.matrix.include ?? [];
  const inCi = matrix.flatMap((entry) => entry.stages?.split(' ') ?? []);
  expect(inCi.sort()).toEqual(stages?.split(' ').sort());
});

it('deploy.yml goes from the checked build through dev and test to prod, each in its own queue', () => {
  const { jobs } = readWorkflow(`${DIRECTORY}/deploy.yml`);
  const needs = Object.fromEntries(Object.entries(jobs).map(([id, job]) => [id, job.needs]));
  expect(needs).toEqual({
    checks: undefined,
    build: undefined,
    approval: undefined,
    dev: ['checks', 'build'],
    test: ['build', 'dev'],
    prod: ['build', 'test', 'approval'],
  });
  for (const environment of ['dev', 'test', 'prod']) {
    expect(jobs[environment]).toMatchObject({
      environment,
      concurrency: { group: `deploy-${environment}`, 'cancel-in-progress': false, queue: 'max' },
      env: { ENV: environment, DIGEST: '${{ needs.build.outputs.digest }}' },
    });
  }
});
