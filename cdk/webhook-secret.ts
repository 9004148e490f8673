import { type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

export interface WebhookSecretProps {
  readonly sender: string;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The secrets that a sender signs with: `{"current": …, "previous": …}`. It starts with a random one
 * that nobody has been told, so the route is closed to senders until an operator stores theirs. It is one of
 * both schemes, so a deployment can be tested before: 32 letters and digits are the base64 of 24 bytes.
 */
export class WebhookSecret extends Secret {
  /** As an attribute: the emulator's reference to a secret is its name, AWS's is its ARN. */
  readonly arn: string;

  constructor(scope: Construct, id: string, props: WebhookSecretProps) {
    super(scope, id, {
      description: `Signing secrets of ${props.sender}: current, and previous during a rotation`,
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        excludePunctuation: true,
        // The same once more, for the emulator, which knows this way only.
        excludeCharacters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
        passwordLength: 32,
      },
      removalPolicy: props.removalPolicy,
    });
    this.arn = (this.node.defaultChild as CfnSecret).attrId;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: `${props.sender} holds the other copy, so only a person can rotate it: both secrets are live meanwhile.`,
    });
  }
}
