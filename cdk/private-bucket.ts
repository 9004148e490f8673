import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface PrivateBucketProps {
  readonly removalPolicy: RemovalPolicy;
  readonly tlsOnly: boolean;
  readonly lifecycleRules: LifecycleRule[];
  /** Where S3 records who read and wrote; absent only for the bucket that holds these records. */
  readonly accessLogs?: IBucket;
  /** Keep what is overwritten or deleted until a lifecycle rule expires it. */
  readonly versioned?: boolean;
}

/** Encrypted, reached over TLS only, never public, and everything in it expires. */
export class PrivateBucket extends Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id, {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: props.tlsOnly,
      minimumTLSVersion: props.tlsOnly ? 1.2 : undefined,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: props.removalPolicy,
      versioned: props.versioned,
      lifecycleRules: [
        ...props.lifecycleRules,
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: props.accessLogs === undefined ? undefined : `${id}/`,
    });
  }
}
