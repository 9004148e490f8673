import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { PrivateBucket } from './private-bucket.ts';

export interface DispatchBucketProps {
  readonly removalPolicy: RemovalPolicy;
  readonly tlsOnly: boolean;
  readonly accessLogs: IBucket;
  readonly retention: Duration;
}

/**
 * The days' lists and what was assigned from them. Versioned, so that a list or a plan that somebody
 * replaced can be had back for as long again.
 */
export class DispatchBucket extends PrivateBucket {
  /** What dispatch reads and writes; users put their lists under the first. */
  static readonly PREFIXES = ['days/', 'plans/', 'written/', 'idempotency/'];

  constructor(scope: Construct, id: string, props: DispatchBucketProps) {
    const expiring = (after: Duration) => ({
      expiration: after,
      noncurrentVersionExpiration: after,
    });
    super(scope, id, {
      removalPolicy: props.removalPolicy,
      tlsOnly: props.tlsOnly,
      accessLogs: props.accessLogs,
      versioned: true,
      lifecycleRules: [
        // Without a prefix, so that what was put into a wrong place expires as well.
        { id: 'expire', ...expiring(props.retention) },
        // Long enough for a caller to come back. Of two rules S3 follows the shorter.
        { id: 'idempotency', prefix: 'idempotency/', ...expiring(Duration.days(2)) },
      ],
    });
  }
}
