import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiDefinition,
  EndpointType,
  LogGroupLogDestination,
  MethodLoggingLevel,
  Period,
  ResponseType,
  SpecRestApi,
  type UsagePlan,
} from 'aws-cdk-lib/aws-apigateway';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ConfigurationError } from './configuration-error.ts';
import type { Environment } from './environment.ts';
import {
  functionsOf,
  gatewayDefinition,
  gatewayResponses,
  readSpecification,
} from './gateway-definition.ts';
import { gatewayProblems, problemHeaders, problemTemplate } from './problem-responses.ts';
import { ShareAlarm } from './share-alarm.ts';

/** Resource paths, never paths: these hold ids of orders, drivers and packages. */
const ACCESS_LOG = {
  request_id: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.httpMethod $context.resourcePath',
  status: '$context.status',
  api_key_id: '$context.identity.apiKeyId',
  latency_ms: '$context.responseLatency',
  integration_latency_ms: '$context.integrationLatency',
  integration_error: '$context.integrationErrorMessage',
};

export interface ReadEdgeApiProps {
  readonly environment: Environment;
  /** Path of the OpenAPI document that the gateway is built from. */
  readonly specification: string;
  /** The functions that its operations name in `x-milkrun-function`. */
  readonly functions: Readonly<Record<string, IFunction>>;
}

/** The REST API that consumers read from and dispatch by, with a key, a rate and a daily quota for each. */
export class ReadEdgeApi extends Construct {
  readonly api: SpecRestApi;
  readonly usagePlan: UsagePlan;

  constructor(scope: Construct, id: string, props: ReadEdgeApiProps) {
    super(scope, id);
    const { environment } = props;
    const log = new LogGroup(this, 'AccessLog', {
      retention: environment.retentionDays.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new SpecRestApi(this, 'Api', {
      restApiName: 'milkrun read edge',
      apiDefinition: ApiDefinition.fromInline(this.definition(props)),
      endpointTypes: [EndpointType.REGIONAL],
      // A region's gateway writes access logs only with an account-wide role.
      cloudWatchRole: true,
      deployOptions: {
        stageName: environment.name,
        throttlingRateLimit: environment.readEdge.requestsPerSecond,
        throttlingBurstLimit: environment.readEdge.burst,
        // Execution logs would hold the ids and the positions of drivers.
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        tracingEnabled: environment.tracing > 0,
        accessLogDestination: new LogGroupLogDestination(log),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    if (environment.readEdge.gatewayResponses === 'resources') {
      this.addGatewayResponses();
    }
    for (const handler of Object.values(props.functions)) {
      handler.addPermission('ReadEdge', {
        principal: new ServicePrincipal('apigateway.amazonaws.com'),
        sourceArn: this.api.arnForExecuteApi('*', '/*', environment.name),
      });
    }
    this.usagePlan = this.api.addUsagePlan('Consumers', {
      description: 'What one API key may ask',
      apiStages: [{ api: this.api, stage: this.api.deploymentStage }],
      throttle: {
        rateLimit: environment.readEdge.requestsPerSecond,
        burstLimit: environment.readEdge.burst,
      },
      quota: { limit: environment.readEdge.requestsPerDay, period: Period.DAY },
    });

    const stage = this.api.deploymentStage;
    new ShareAlarm(this, 'ServerErrors', {
      part: stage.metricServerError({ statistic: 'Sum' }),
      whole: stage.metricCount({ statistic: 'Sum' }),
      percent: 1,
      atLeast: 5,
      alarms: environment.alarms,
      severity: 'page',
      usersFeel:
        'Storefronts and back offices cannot see where their orders are, or packages get no driver.',
      runbook: 'read-edge-server-errors',
    });
    this.acknowledgeFindings();
  }

  private acknowledgeFindings(): void {
    Validations.of(this.api).acknowledge(
      {
        id: 'AwsSolutions-APIG2',
        reason: 'The functions validate and answer with a problem that names the parameter.',
      },
      {
        id: 'AwsSolutions-APIG3',
        reason:
          'Callers are servers with a key, a rate and a daily quota each; no form, no session.',
      },
      {
        id: 'AwsSolutions-APIG6',
        reason: "Execution logs would hold drivers' positions; access logs have every request.",
      },
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        reason:
          'The role is the account-wide gateway service, and AWS keeps its policy in step with it.',
      },
    );
  }

  private definition(props: ReadEdgeApiProps): object {
    const specification = readSpecification(props.specification);
    const unknown = [...functionsOf(specification)].filter((name) => !(name in props.functions));
    if (unknown.length > 0) {
      throw new ConfigurationError(
        `${props.specification} names functions that are not there: ${unknown}`,
      );
    }
    const { region } = props.environment;
    const definition = gatewayDefinition(
      specification,
      (name) =>
        `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${props.functions[name]?.functionArn}/invocations`,
    );
    return props.environment.readEdge.gatewayResponses === 'definition'
      ? { ...definition, 'x-amazon-apigateway-gateway-responses': gatewayResponses() }
      : definition;
  }

  private addGatewayResponses(): void {
    for (const problem of gatewayProblems) {
      this.api.addGatewayResponse(problem.responseType, {
        type: ResponseType.of(problem.responseType),
        statusCode: problem.status?.toString(),
        responseHeaders: { 'Content-Type': problemHeaders['gatewayresponse.header.Content-Type'] },
        templates: { 'application/json': problemTemplate(problem) },
      });
    }
  }
}
