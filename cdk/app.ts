import { App, Validations } from 'aws-cdk-lib';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { AnalyticsStack } from '../stacks/analytics.ts';
import { DataStack } from '../stacks/data.ts';
import { OperationsStack } from '../stacks/operations.ts';
import { OutboxStack } from '../stacks/outbox.ts';
import { ReadEdgeStack } from '../stacks/read-edge.ts';
import { WriteEdgeStack } from '../stacks/write-edge.ts';
import type { Deployment } from './deployment.ts';
import { validateEnvironment } from './environment-rules.ts';

/** Every behaviour that the pinned CDK recommends: an upgrade's new ones show in the snapshots. */
const context = {
  ...recommendedFlags,
  // Exports, so that CloudFormation refuses to remove a table that a function still uses.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
};

/** The whole of milkrun in one environment. Needs no account, no credentials and no network. */
export function milkrunApp(deployment: Deployment, outdir?: string): App {
  const { environment } = deployment;
  validateEnvironment(environment);
  const app = new App({
    context,
    outdir,
    analyticsReporting: false,
    builtinCloudFormationValidation: environment.templateChecks,
  });
  if (environment.templateChecks) {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  }
  const data = new DataStack(app, deployment);
  const writeEdge = new WriteEdgeStack(app, deployment, data);
  const outbox = new OutboxStack(app, deployment, data);
  const analytics = new AnalyticsStack(app, deployment, data, outbox);
  // A relay that is older than dispatch would not know some of the items that dispatch writes.
  new ReadEdgeStack(app, deployment, data).addDependency(outbox);
  new OperationsStack(app, deployment, data, writeEdge, outbox, analytics);
  data.alarmTopics.notifyOf(app);
  return app;
}
