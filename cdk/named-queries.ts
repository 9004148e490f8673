import { readdirSync } from 'node:fs';
import { CfnNamedQuery } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';
import { ConfigurationError } from './configuration-error.ts';
import type { LakeDatabase } from './lake-database.ts';
import { heading, lakeSql } from './lake-sql.ts';
import type { LakeWorkgroup } from './lake-workgroup.ts';
import { repository } from './repository.ts';

const DIRECTORY = 'analytics/queries';
/** How many arrival days before today a query reads, until its reader says otherwise. */
const DAYS = 7;

export interface NamedQueriesProps {
  readonly database: LakeDatabase;
  readonly workgroup: LakeWorkgroup;
  readonly timeZone: string;
}

/**
 * The queries of analytics/queries/, one a file, saved in Athena. A file begins with a comment: its title, and
 * in the lines after that what it answers.
 */
export class NamedQueries extends Construct {
  constructor(scope: Construct, id: string, props: NamedQueriesProps) {
    super(scope, id);
    for (const file of NamedQueries.files()) {
      const path = `${DIRECTORY}/${file}`;
      const [name = '', ...description] = heading(path);
      if (name === '' || description.length === 0) {
        throw new ConfigurationError(
          `${path} must begin with two comment lines: title, description`,
        );
      }
      new CfnNamedQuery(this, file.replace(/\.sql$/, ''), {
        name,
        description: description.join(' '),
        database: props.database.databaseName,
        workGroup: props.workgroup.ref,
        queryString: lakeSql(path, { days: DAYS, timeZone: props.timeZone }),
      });
    }
  }

  /** `<name>.sql`, sorted. */
  static files(): string[] {
    return readdirSync(repository(DIRECTORY))
      .filter((file) => file.endsWith('.sql'))
      .sort();
  }
}
