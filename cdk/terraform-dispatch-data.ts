import { CfnParameter } from 'aws-cdk-lib';
import { type ITableV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DeliveryAssignmentsTable } from './delivery-assignments-table.ts';

/**
 * The table of assignments and the bucket of the operations log where a company's Terraform makes them
 * (`infra/`): known by what it left in SSM parameters, which CloudFormation reads at each deployment.
 */
export class TerraformDispatchData extends Construct {
  readonly assignments: ITableV2;
  readonly operationsLog: IBucket;

  constructor(scope: Construct, id: string, environmentName: string) {
    super(scope, id);
    const named = (id: string, parameter: string, description: string) =>
      new CfnParameter(scope, id, {
        type: 'AWS::SSM::Parameter::Value<String>',
        default: `/milkrun/${environmentName}/dispatch/${parameter}`,
        description,
      }).valueAsString;

    const { BY_DAY, BY_PACKAGE } = DeliveryAssignmentsTable;
    this.assignments = TableV2.fromTableAttributes(this, 'Assignments', {
      tableName: named(
        'AssignmentsTableName',
        'assignments-table-name',
        'Terraform made the table',
      ),
      tableStreamArn: named(
        'AssignmentsTableStreamArn',
        'assignments-table-stream-arn',
        'Its stream of new images',
      ),
      globalIndexes: [BY_DAY, BY_PACKAGE],
    });
    this.operationsLog = Bucket.fromBucketName(
      this,
      'OperationsLog',
      named('OperationsLogBucketName', 'operations-log-bucket-name', 'Terraform made the bucket'),
    );
  }
}
