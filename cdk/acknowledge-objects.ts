import { Stack, Validations } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag why a role may use every object under a prefix: IAM can name objects that do not
 * exist yet only with a `*`. The finding is named after the export of the bucket's ARN, or of its name where we did not make it.
 */
export function acknowledgeObjects(
  role: IConstruct,
  bucket: IBucket,
  pattern: string,
  reason: string,
): void {
  const exportOf = (attribute: string) =>
    Stack.of(role).resolve(Stack.of(bucket).exportValue(attribute))['Fn::ImportValue'];
  const isOurs = bucket.node.defaultChild !== undefined;
  const arn = isOurs
    ? exportOf(bucket.bucketArn)
    : `arn:${Stack.of(bucket).partition}:s3:::${exportOf(bucket.bucketName)}`;
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${arn}/${pattern}]`,
    reason,
  });
}
