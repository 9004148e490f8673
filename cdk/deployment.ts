import type { Environment } from './environment.ts';

/** What one synthesis is for: an environment's data and the build that goes there. */
export interface Deployment {
  readonly environment: Environment;
  /** Holds <function>/bootstrap for each function. */
  readonly functionsDirectory: string;
  /** Reported by the health route. */
  readonly buildVersion: string;
}
