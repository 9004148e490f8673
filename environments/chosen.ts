import { ConfigurationError } from '../cdk/configuration-error.ts';
import type { Environment } from '../cdk/environment.ts';
import { emulated } from './emulated.ts';
import { environmentNamed } from './index.ts';

/** The environment that a command is for, as its environment variables (cdk/bin/milkrun.ts lists them) say. */
export function chosenEnvironment({
  MILKRUN_ENVIRONMENT,
  MILKRUN_EMULATED = 'false',
  MILKRUN_DISPATCH_DATA,
}: NodeJS.ProcessEnv): Environment {
  const environment = environmentNamed(MILKRUN_ENVIRONMENT);
  if (!['true', 'false'].includes(MILKRUN_EMULATED)) {
    throw new ConfigurationError(
      `MILKRUN_EMULATED is "${MILKRUN_EMULATED}": it must be true or false`,
    );
  }
  return {
    ...(MILKRUN_EMULATED === 'true' ? emulated(environment) : environment),
    // The rules of environments refuse what is none of the two.
    ...(MILKRUN_DISPATCH_DATA && {
      dispatchData: MILKRUN_DISPATCH_DATA as Environment['dispatchData'],
    }),
  };
}
