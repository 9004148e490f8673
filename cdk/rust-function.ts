import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Canary } from './canary.ts';
import type { Deployment } from './deployment.ts';
import type { FunctionSize } from './environment.ts';
import { checkVariables, functionPackage } from './function-package.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

export interface RustFunctionProps {
  /** The function's directory under functions/, and its runbook. */
  readonly name: string;
  readonly description: string;
  readonly size: FunctionSize;
  readonly timeout: Duration;
  /** Exactly the variables that functions/<name>/environment.json lists. */
  readonly variables: Readonly<Record<string, string>>;
  /** Everything the code may do, apart from writing to its own log group. */
  readonly permissions: readonly Permission[];
  /** One sentence for the alarm: what users notice when invocations fail. */
  readonly errorsMeanForUsers: string;
  /** `page` unless they can wait for working hours. */
  readonly errorSeverity?: 'page' | 'ticket';
  /**
   * X-Ray follows it where the gateway before it says so, by the environment's share. Nobody else: on its own, Lambda
   * follows an invocation a second and 5 % of the others, whatever rules say, and that costs more than ingest.
   */
  readonly traced?: boolean;
}

export interface Permission {
  readonly actions: string[];
  readonly resources: string[];
}

/** A function of milkrun: a Rust binary with a log, a role and an alarm of its own. */
export class RustFunction extends Construct {
  /** All its versions: what metrics are about. */
  readonly handler: LambdaFunction;
  /** The version that is in use: what everybody invokes it by. */
  readonly live: Alias;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, deployment: Deployment, props: RustFunctionProps) {
    super(scope, id);
    checkVariables(props.name, props.variables);
    const { functions, retentionDays, rollout } = deployment.environment;
    const tracing = props.traced === true && deployment.environment.tracing > 0;

    this.logGroup = new LogGroup(this, 'Log', {
      retention: retentionDays.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const log = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
    };
    const trace = {
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      resources: ['*'],
    };
    const statements = [log, ...props.permissions, ...(tracing ? [trace] : [])];

    // Inline, so that no invocation and no stream mapping can come before its permissions.
    this.role = new Role(this, 'Role', {
      description: `What ${props.name} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        permissions: new PolicyDocument({
          statements: statements.map((statement) => new PolicyStatement(statement)),
        }),
      },
    });

    if (tracing) {
      const reason = 'X-Ray has no resource to name for writing traces.';
      Validations.of(this.role).acknowledge(
        { id: 'AwsSolutions-IAM5[Resource::*]', reason },
        { id: 'Serverless-LambdaStarPermissions', reason },
      );
    }

    this.handler = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.PROVIDED_AL2023,
      architecture: functions.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      handler: 'bootstrap',
      code: functionPackage(deployment.functionsDirectory, props.name),
      // Whatever else would add to the role, such as the stock tracing's, is refused: it lists everything.
      role: this.role.withoutPolicyUpdates(),
      memorySize: props.size.memoryMb,
      timeout: props.timeout,
      reservedConcurrentExecutions: props.size.reservedConcurrency,
      environment: { ...props.variables },
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[functions.logLevel],
      // START, END and REPORT lines cost more than the invocation they describe.
      systemLogLevelV2: SystemLogLevel.WARN,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    });

    Validations.of(this.handler).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'Gateways and streams call it; where a schedule does, the alias has a destination.',
    });
    if (!tracing) {
      Validations.of(this.handler).acknowledge({
        id: 'Serverless-LambdaTracing',
        reason: 'Only a gateway samples by our share: on its own, Lambda follows too much.',
      });
    }

    this.live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.handler.currentVersion,
    });
    if (rollout !== undefined) {
      const { errorsMeanForUsers } = props;
      new Canary(this, 'Canary', { alias: this.live, rollout, errorsMeanForUsers });
    }

    new UserFacingAlarm(this, 'Errors', {
      metric: this.handler.metricErrors(),
      threshold: 1,
      severity: props.errorSeverity ?? 'page',
      usersFeel: props.errorsMeanForUsers,
      runbook: props.name,
    });
  }
}
