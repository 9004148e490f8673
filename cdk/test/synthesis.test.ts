import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { CfnResource, type Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { prod } from '../../environments/prod.ts';
import { repository } from '../repository.ts';
import { appOf, functionsDirectory } from './synthesized.ts';

const onAws = environments.filter((environment) => environment.templateChecks);

test.each(onAws)("$name passes CloudFormation's rules and cdk-nag's", (environment) => {
  const { manifest, directory } = appOf(environment).synth();
  // Nothing has to be looked up in an account.
  expect(manifest.missing).toBeUndefined();
  // Warnings would not stop a synthesis.
  const report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  expect(report.pluginReports).toEqual([]);
});

test('all environments on AWS are checked, and the checks find what is wrong', () => {
  expect(onAws.map((environment) => environment.name)).toEqual(['dev', 'test', 'prod']);
  const app = appOf(prod);
  const data = app.node.findChild('milkrun-prod-data') as Stack;
  new Bucket(data, 'Careless');
  new LambdaFunction(data, 'Forgotten', {
    runtime: Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: Code.fromAsset(join(functionsDirectory, 'relay')),
  });
  new CfnResource(data, 'Misspelt', { type: 'AWS::SQS::Queue', properties: { QueueNam: 'q' } });
  const report = reportOf(() => app.synth());
  expect(report).toContain('AwsSolutions-S10');
  expect(report).toContain('Serverless-LambdaDLQ');
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

test.each(environments)('two syntheses of $name are identical, byte by byte', (environment) => {
  const first = entryPoint({
    MILKRUN_ENVIRONMENT: environment.name,
    MILKRUN_BUILD_VERSION: 'test',
  });
  // In another process, started another way, and unchecked.
  const second = mkdtempSync(join(tmpdir(), 'milkrun-synth-'));
  appOf({ ...environment, templateChecks: false }, second).synth();
  const files = (directory: string) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      // These say where in the code a construct was made, by whoever started it, and what was checked.
      .filter((file) => !/(\.metadata|^validation-report)\.json$/.test(file));
  expect(files(first)).toEqual(files(second));
  expect(files(first).length).toBeGreaterThan(10);
  for (const file of files(first)) {
    const [one, other] = [first, second].map((directory) => readFileSync(join(directory, file)));
    expect(one?.equals(other ?? Buffer.of()), file).toBe(true);
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
  expect(stderr({ MILKRUN_ENVIRONMENT: 'dev', MILKRUN_EMULATED: 'yes' })).toBe(
    'MILKRUN_EMULATED is "yes": it must be true or false\n',
  );
  expect(stderr({ MILKRUN_ENVIRONMENT: 'dev', MILKRUN_DISPATCH_DATA: 'pulumi' })).toBe(
    'environments/dev.ts: dispatchData must be one of cdk, terraform, not "pulumi"\n',
  );
  expect(stderr({ MILKRUN_ENVIRONMENT: 'local', MILKRUN_FUNCTIONS_DIR: '/nowhere' })).toMatch(
    /^\/nowhere\/ingest has no "bootstrap": run `make functions` first.*\n$/,
  );
});
