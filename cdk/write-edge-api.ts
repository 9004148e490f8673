import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

/** Route keys, never paths: a path may hold the secret path token. */
const ACCESS_LOG = {
  request_id: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  source_ip: '$context.identity.sourceIp',
  latency_ms: '$context.responseLatency',
  integration_latency_ms: '$context.integrationLatency',
  integration_error: '$context.integrationErrorMessage',
};

const ROUTES = ['/v1/webhooks/radar', '/v1/webhooks/radar/{path_token}', '/v1/positions'];

/** The HTTP API that senders post to: it only routes and limits; the function checks signatures. */
export class WriteEdgeApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;

  constructor(scope: Construct, id: string, environment: Environment, ingest: IFunction) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      description: "milkrun's write edge: webhooks and positions",
      createDefaultStage: false,
    });
    const integration = new HttpLambdaIntegration('Ingest', ingest, {
      // Longer than the function's own limit, so that its answer always wins.
      timeout: Duration.seconds(15),
    });
    for (const path of ROUTES) {
      for (const route of this.api.addRoutes({ path, methods: [HttpMethod.POST], integration })) {
        Validations.of(route).acknowledge({
          id: 'AwsSolutions-APIG4',
          reason:
            'Senders sign their requests and ingest checks the signature: the gateway cannot.',
        });
      }
    }

    const log = new LogGroup(this, 'AccessLog', {
      retention: environment.retentionDays.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: {
        rateLimit: environment.writeEdge.requestsPerSecond,
        burstLimit: environment.writeEdge.burst,
      },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.url = stage.url;

    new UserFacingAlarm(this, 'ServerErrors', {
      metric: stage.metricServerError({ statistic: 'Sum' }),
      threshold: 5,
      severity: 'page',
      usersFeel: 'Positions stop moving: senders are told 503 and have to send again.',
      runbook: 'write-edge-server-errors',
      alarms: environment.alarms,
    });
    new UserFacingAlarm(this, 'Rejections', {
      metric: stage.metricClientError({ statistic: 'Sum' }),
      threshold: 50,
      periods: 3,
      severity: 'ticket',
      usersFeel: 'Some couriers may not be seen: a sender is being refused again and again.',
      runbook: 'write-edge-rejections',
      alarms: environment.alarms,
    });
  }
}
