// infra/deploy-roles/reads.json: what the role that looks for drift may read, for each type of resource.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dev } from '../../environments/dev.ts';
import { prod } from '../../environments/prod.ts';
import { test as testing } from '../../environments/test.ts';
import { repository } from '../repository.ts';
import { type Resource, ROLES, synthesize } from './synthesized.ts';

const reads: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(repository('infra/deploy-roles/reads.json'), 'utf8'),
);

/** Reads of what is stored, and not of how. */
const DATA =
  /^(dynamodb:(BatchGet|Get(Item|Records)|Query|Scan)|s3:GetObject|secretsmanager:GetSecretValue|sqs:Receive|logs:Get(Log|Query)|athena:GetQuery|kms:Decrypt)/;

it('has the types of every template and of infra/, and no others', () => {
  const inTemplates = [dev, testing, prod].flatMap((environment) =>
    ROLES.flatMap((role) => {
      const { Resources } = synthesize(environment).templates[role].toJSON();
      return Object.values(Resources as Record<string, Resource>).map(({ Type }) => Type);
    }),
  );
  const infra = repository('infra');
  const inInfra = readdirSync(infra, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tf'))
    .map((path) => readFileSync(join(infra, path), 'utf8'))
    .flatMap((text) => [...text.matchAll(/^resource "(\w+)"/gm)].map(([, type]) => type));
  expect(Object.keys(reads).sort()).toEqual([...new Set([...inTemplates, ...inInfra])].sort());
});

it('reads configuration and changes nothing', () => {
  for (const action of Object.values(reads).flat()) {
    expect(action).toMatch(
      /^[a-z0-9-]+:((Get|List)[A-Za-z]+|Describe([A-Za-z]+|\*))$|^apigateway:GET$/,
    );
    expect(action).not.toMatch(DATA);
  }
});
