import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { ConfigurationError } from './configuration-error.ts';
import { repository } from './repository.ts';

/** The built function, or an error that says how to build it. An artefact has it zipped already. */
export function functionPackage(functionsDirectory: string, name: string): Code {
  const directory = join(functionsDirectory, name);
  if (existsSync(`${directory}.zip`)) {
    return Code.fromAsset(`${directory}.zip`);
  }
  if (!existsSync(join(directory, 'bootstrap'))) {
    throw new ConfigurationError(
      `${directory} has no "bootstrap": run \`make functions\` first (for AWS \`make functions-release\`), or point MILKRUN_FUNCTIONS_DIR at the built functions`,
    );
  }
  return Code.fromAsset(directory);
}

/** Refuses variables that differ from what the function reads (functions/<name>/environment.json). */
export function checkVariables(name: string, variables: Readonly<Record<string, string>>): void {
  const path = `functions/${name}/environment.json`;
  const declared: { required: string[]; optional: string[] } = JSON.parse(
    readFileSync(repository(path), 'utf8'),
  );
  const missing = declared.required.filter((variable) => !(variable in variables));
  const unknown = Object.keys(variables).filter(
    (variable) => !declared.required.includes(variable) && !declared.optional.includes(variable),
  );
  if (missing.length > 0 || unknown.length > 0) {
    throw new ConfigurationError(
      `${name}'s variables differ from ${path}: missing [${missing.join(', ')}], unknown [${unknown.join(', ')}]`,
    );
  }
}
