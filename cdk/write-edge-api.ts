import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Alarms, Environment } from './environment.ts';
import { BUDGET_LASTS } from './objectives.ts';
import { ShareAlarm } from './share-alarm.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

/**
 * Route keys, never paths: a path may hold the secret path token. Each field is paid for with every webhook, so what
 * CloudWatch knows of a line (its time) or of all requests (the integration's latency) is not repeated.
 */
const ACCESS_LOG = {
  request_id: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  source_ip: '$context.identity.sourceIp',
  latency_ms: '$context.responseLatency',
  integration_error: '$context.integrationErrorMessage',
};

const ROUTES = ['/v1/webhooks/radar', '/v1/webhooks/radar/{path_token}', '/v1/positions'];

/** Requests, by what became of them; each counts in `requests`. */
export interface Traffic {
  readonly requests: Metric;
  /** Answered 4xx. */
  readonly refused: Metric;
  /** Answered 5xx. */
  readonly failed: Metric;
}

/** The HTTP API that senders post to: it only routes and limits; the function checks signatures. */
export class WriteEdgeApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;
  readonly traffic: Traffic;

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
      // Half the price of a line, and read with Logs Insights only.
      logGroupClass: LogGroupClass.INFREQUENT_ACCESS,
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

    const count = (metric: (props: MetricOptions) => Metric, period: Duration) =>
      metric.call(stage, { statistic: 'Sum', period });
    const traffic = (period: Duration) => ({
      requests: count(stage.metricCount, period),
      refused: count(stage.metricClientError, period),
      failed: count(stage.metricServerError, period),
    });
    this.traffic = traffic(Duration.minutes(5));
    this.alarms(environment.alarms, traffic);
  }

  private alarms(alarms: Alarms, traffic: (period: Duration) => Traffic): void {
    /** Of the posts that were not the sender's own fault, those that were not acknowledged. */
    const unacknowledged = (period: Duration) => {
      const { requests, refused, failed } = traffic(period);
      return { part: failed, whole: requests, without: refused, alarms };
    };
    new ShareAlarm(this, 'ServerErrors', {
      ...unacknowledged(Duration.minutes(1)),
      percent: BUDGET_LASTS.twoDays,
      atLeast: 5,
      periods: 5,
      severity: 'page',
      usersFeel: 'Positions stop moving: senders are told 503 and have to send again.',
      runbook: 'write-edge-server-errors',
    });
    // Where posts are few, no minute has five that fail: then more of them, and for longer.
    new ShareAlarm(this, 'Outage', {
      ...unacknowledged(Duration.minutes(15)),
      percent: 50,
      atLeast: 3,
      severity: 'page',
      usersFeel: 'Positions stand still: most of what the few senders of this hour post fails.',
      runbook: 'write-edge-server-errors',
    });
    new ShareAlarm(this, 'ErrorBudget', {
      ...unacknowledged(Duration.hours(6)),
      percent: BUDGET_LASTS.fiveDays,
      atLeast: 20,
      severity: 'ticket',
      usersFeel: 'Positions jump: for hours more posts have failed than the 99.9 % allow.',
      runbook: 'write-edge-server-errors',
    });
    const { requests, refused } = traffic(Duration.minutes(5));
    new ShareAlarm(this, 'Rejections', {
      part: refused,
      whole: requests,
      percent: 5,
      atLeast: 50,
      periods: 3,
      severity: 'ticket',
      usersFeel: 'Some couriers may not be seen: a sender is being refused again and again.',
      runbook: 'write-edge-rejections',
      alarms,
    });
    if (alarms.silentAfterMinutes !== undefined) {
      new UserFacingAlarm(this, 'Silence', {
        metric: requests,
        threshold: 1,
        quietIsBad: true,
        periods: alarms.silentAfterMinutes / 5,
        severity: 'page',
        usersFeel: 'All couriers stand still: no sender has posted anything for long.',
        runbook: 'write-edge-silence',
      });
    }
  }
}
