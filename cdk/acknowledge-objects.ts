import { Stack, Validations } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag why a role may use every object under a prefix: IAM can name objects that do not
 * exist yet only with a `*`. The finding is named after the export of the bucket's ARN.
 */
export function acknowledgeObjects(
  role: IConstruct,
  bucket: IBucket,
  pattern: string,
  reason: string,
): void {
  const reference = Stack.of(bucket).exportValue(bucket.bucketArn);
  const exportName = Stack.of(role).resolve(reference)['Fn::ImportValue'];
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${exportName}/${pattern}]`,
    reason,
  });
}
