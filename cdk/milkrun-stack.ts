import {
  CfnOutput,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';

/** A stack of one environment: named, tagged, placed and protected by its data. */
export class MilkrunStack extends Stack {
  protected readonly statefulRemovalPolicy: RemovalPolicy;

  constructor(scope: Construct, role: string, environment: Environment, description: string) {
    super(scope, `milkrun-${environment.name}-${role}`, {
      description,
      env: { account: environment.account, region: environment.region },
      tags: { project: 'milkrun', environment: environment.name },
      terminationProtection: environment.protection.terminationProtection,
      synthesizer:
        environment.deployWith === 'bootstrap-roles'
          ? new DefaultStackSynthesizer()
          : new CliCredentialsStackSynthesizer(),
    });
    this.statefulRemovalPolicy = environment.protection.retainData
      ? RemovalPolicy.RETAIN
      : RemovalPolicy.DESTROY;
  }

  /** An output under exactly this key: deployments and tests read it. */
  protected output(key: string, value: string, description: string): void {
    new CfnOutput(this, `${key}Output`, { key, value, description });
  }
}
