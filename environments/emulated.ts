import type { Environment } from '../cdk/environment.ts';

/** What is the emulator's whatever the environment, which need not say it. */
type Laid = 'deployWith' | 'templateChecks' | 'protection' | 'tracing' | 'bus';

/**
 * An environment's data, with what the emulator needs otherwise laid over it: all that `make up` differs
 * in, and what lets dev, test and prod be deployed without AWS.
 */
export function emulated(environment: Omit<Environment, Laid>): Environment {
  // It knows no CodeDeploy.
  const { rollout, ...rest } = environment;
  return {
    ...rest,
    // It enforces IAM and does not know the bootstrap roles.
    deployWith: 'caller-credentials',
    // The checks are about AWS; they would double the time that `make up` spends on synthesis.
    templateChecks: false,
    protection: {
      // Its state lives in memory and is thrown away as a whole.
      terminationProtection: false,
      deletionProtection: false,
      retainData: false,
      // It speaks plain HTTP, on loopback.
      tlsOnly: false,
    },
    // It runs the functions as processes of this machine.
    functions: { ...environment.functions, architecture: 'x86_64' },
    tracing: 0,
    analytics: {
      ...environment.analytics,
      // Its CloudFormation has none.
      namedQueries: false,
      queriesNamedBy: 'nothing',
    },
    // It has no archives.
    bus: {},
    // It imports no gateway responses from a definition.
    readEdge: { ...environment.readEdge, gatewayResponses: 'resources' },
    // Its CloudFormation has no metric math.
    alarms: { ...environment.alarms, metricMath: false },
  };
}
