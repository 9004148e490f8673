import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnResource, type Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { prod } from '../../environments/prod.ts';
import { repository } from '../repository.ts';
import { appOf, functionsDirectory } from './synthesized.ts';

const onAws = environments.filter((environment) => environment.templateChecks);

test.each(onAws)("$name passes CloudFormation's rules and cdk-nag's", (environment) => {
  const { manifest } = appOf(environment).synth();
  // Nothing has to be looked up in an account.
  expect(manifest.missing).toBeUndefined();
});

test('all environments on AWS are checked, and the checks find what is wrong', () => {
  expect(onAws.map((environment) => environment.name)).toEqual(['dev', 'test', 'prod']);
  const app = appOf(prod);
  const data = app.node.findChild('milkrun-prod-data') as Stack;
  new Bucket(data, 'Careless');
  new CfnResource(data, 'Misspelt', { type: 'AWS::SQS::Queue', properties: { QueueNam: 'q' } });
  const report = reportOf(() => app.synth());
  expect(report).toContain('AwsSolutions-S10');
  expect(report).toContain('QueueNam');
});

function reportOf(synthesize: () => void): string {
  try {
    synthesize();
  } catch (error) {
    return String(error);
  }
  return '';
}

/** Runs the entry point as `cdk` does, without an account, credentials or a home directory. */
function entryPoint(variables: Record<string, string>): string {
  const outdir = mkdtempSync(join(tmpdir(), 'milkrun-synth-'));
  execFileSync('node', ['--import', 'tsx', 'cdk/bin/milkrun.ts'], {
    cwd: repository('.'),
    env: {
      PATH: process.env.PATH,
      MILKRUN_FUNCTIONS_DIR: functionsDirectory,
      CDK_OUTDIR: outdir,
      ...variables,
    },
    stdio: 'pipe',
  });
  return outdir;
}

test('two syntheses are identical, byte by byte', () => {
  const [first, second] = [1, 2].map(() => entryPoint({ MILKRUN_ENVIRONMENT: 'local' }));
  const files = readdirSync(first ?? '', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(first?.length));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const contents = [first, second].map((directory) => readFileSync(`${directory}${file}`));
    expect(contents[0]?.equals(contents[1] ?? Buffer.of()), file).toBe(true);
  }
});

test("the deployer's mistakes end in one line", () => {
  const stderr = (variables: Record<string, string>): string => {
    try {
      entryPoint(variables);
    } catch (error) {
      return (error as { stderr: Buffer }).stderr.toString();
    }
    return '';
  };
  expect(stderr({ MILKRUN_ENVIRONMENT: 'staging' })).toBe(
    'MILKRUN_ENVIRONMENT is "staging": it must be one of local, dev, test, prod\n',
  );
  expect(stderr({ MILKRUN_ENVIRONMENT: 'local', MILKRUN_FUNCTIONS_DIR: '/nowhere' })).toMatch(
    /^\/nowhere\/ingest has no "bootstrap": run `make functions` first.*\n$/,
  );
});
