// What `cdk` runs. Its inputs are environment variables:
//   MILKRUN_ENVIRONMENT     local, dev, test or prod
//   MILKRUN_EMULATED        true: for the emulator, which stands in for the environment's account
//   MILKRUN_DISPATCH_DATA   cdk or terraform, instead of what the environment says
//   MILKRUN_FUNCTIONS_DIR   the built functions, default target/functions/release
//   MILKRUN_BUILD_VERSION   what the health route reports, default the version in package.json
import { resolve } from 'node:path';
import { chosenEnvironment } from '../../environments/chosen.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { milkrunApp } from '../app.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { repository } from '../repository.ts';

const {
  MILKRUN_FUNCTIONS_DIR = 'target/functions/release',
  MILKRUN_BUILD_VERSION = packageJson.version,
} = process.env;

try {
  milkrunApp({
    environment: chosenEnvironment(process.env),
    functionsDirectory: resolve(repository('.'), MILKRUN_FUNCTIONS_DIR),
    buildVersion: MILKRUN_BUILD_VERSION,
  }).synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  // Not an exit code alone: the half-built app would still be synthesized at the end.
  process.exit(1);
}
