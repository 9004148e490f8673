import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Deployment } from '../cdk/deployment.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { ReadEdgeApi } from '../cdk/read-edge-api.ts';
import { repository } from '../cdk/repository.ts';
import { RustFunction } from '../cdk/rust-function.ts';
import type { DataStack } from './data.ts';

/** From the log to whoever asks where an order or a driver is. */
export class ReadEdgeStack extends MilkrunStack {
  constructor(scope: Construct, deployment: Deployment, data: DataStack) {
    const { environment } = deployment;
    super(
      scope,
      'read-edge',
      environment,
      'milkrun: last-location and the API that consumers read',
    );

    const lastLocation = new RustFunction(this, 'LastLocation', deployment, {
      name: 'last-location',
      description: 'Answers where an order or a driver is, and where it has been',
      size: environment.functions.lastLocation,
      timeout: Duration.seconds(10),
      variables: {
        EVENTS_TABLE: data.events.tableName,
        BUILD_VERSION: deployment.buildVersion,
      },
      permissions: [
        {
          actions: ['dynamodb:Query'],
          resources: [data.events.tableArn, data.events.byOrderIndexArn],
        },
      ],
      errorsMeanForUsers: 'Some questions for an order or a driver are answered with an error.',
    });
    const edge = new ReadEdgeApi(this, 'ReadEdge', {
      environment,
      specification: repository('docs/api/openapi.yaml'),
      functions: { 'last-location': lastLocation.handler },
    });

    this.output('ReadApiId', edge.api.restApiId, 'Id of the read edge');
    this.output('ReadApiUrl', edge.api.url, 'Base URL of the read edge');
    this.output('ReadApiStage', edge.api.deploymentStage.stageName, 'Stage of the read edge');
    this.output('UsagePlanId', edge.usagePlan.usagePlanId, 'Plan that API keys are added to');
  }
}
