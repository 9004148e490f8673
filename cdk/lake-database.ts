import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';

/** The Glue database of everything that SQL reads, and the scope of its tables. */
export class LakeDatabase extends Construct {
  /** Views say it inside their encoded definitions, where a reference cannot be. */
  static readonly NAME = 'milkrun';

  readonly databaseName: string;
  readonly account: string;

  constructor(scope: Construct, id: string, account: string) {
    super(scope, id);
    this.account = account;
    this.databaseName = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: { name: LakeDatabase.NAME, description: "milkrun's lake" },
    }).ref;
  }
}
