import { ConfigurationError } from '../configuration-error.ts';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's, of every type.
  readonly Properties: Record<string, any>;
}

export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
}

/** What the templates of an environment would deploy, by type and by logical id. */
export class Deployed {
  readonly #resources: ReadonlyMap<string, Resource>;

  constructor(templates: readonly Template[]) {
    this.#resources = new Map(
      templates.flatMap((template) => Object.entries(template.Resources ?? {})),
    );
  }

  all(type: string): Resource[] {
    return [...this.#resources.values()].filter((resource) => resource.Type === type);
  }

  /** The properties of the resource with this logical id, the CDK's hash aside. */
  one(type: string, id: string) {
    const named = new RegExp(`^${id}([0-9A-F]{8})?$`);
    for (const [logicalId, resource] of this.#resources) {
      if (resource.Type === type && named.test(logicalId)) {
        return resource.Properties;
      }
    }
    throw new ConfigurationError(`the templates have no ${type} ${id}: tell the cost model`);
  }

  function(id: string): LambdaFunction {
    const { Architectures, Environment, MemorySize, TracingConfig } = this.one(
      'AWS::Lambda::Function',
      id,
    );
    return {
      traced: TracingConfig?.Mode === 'Active',
      gigabytes: MemorySize / 1024,
      second: `lambda-${Architectures[0]}-gb-second`,
      variables: Environment.Variables,
    };
  }

  /** How long the log keeps an event. */
  get eventDays(): number {
    return Number(this.function('IngestFunction').variables.EVENT_RETENTION_DAYS);
  }

  stream(id: string): { batchSize: number; windowSeconds: number } {
    const mapping = this.one('AWS::Lambda::EventSourceMapping', id);
    return {
      batchSize: mapping.BatchSize,
      windowSeconds: mapping.MaximumBatchingWindowInSeconds,
    };
  }

  table(id: string): Table {
    const { GlobalSecondaryIndexes, KeySchema, Replicas, ...properties } = this.one(
      'AWS::DynamoDB::GlobalTable',
      id,
    );
    if (properties.BillingMode !== 'PAY_PER_REQUEST') {
      throw new ConfigurationError(`${id} is not billed by request: the cost model knows no other`);
    }
    const keys = keysOf(KeySchema);
    return {
      restorable: Replicas.every(
        // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's.
        (replica: any) => replica.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
      ),
      warmWrites: properties.WarmThroughput?.WriteUnitsPerSecond ?? NEW_TABLE_WRITES,
      indexes: (GlobalSecondaryIndexes ?? []).map((index: IndexProperties) => {
        const own = keysOf(index.KeySchema);
        const { ProjectionType, NonKeyAttributes = [] } = index.Projection;
        const projected = new Set([...keys, ...own, ...NonKeyAttributes]);
        return {
          keys: own,
          holds: (attribute: string) => ProjectionType === 'ALL' || projected.has(attribute),
        };
      }),
    };
  }

  /** How long a bucket keeps what is under a prefix. */
  bucketDays(id: string, prefix?: string): number {
    const { Rules } = this.one('AWS::S3::Bucket', id).LifecycleConfiguration;
    const rule = Rules.find(
      (rule: { Prefix?: string; ExpirationInDays?: number }) =>
        rule.Prefix === prefix && rule.ExpirationInDays !== undefined,
    );
    if (rule === undefined) {
      throw new ConfigurationError(`${id} keeps ${prefix ?? 'its objects'} for ever`);
    }
    return rule.ExpirationInDays;
  }
}

export interface LambdaFunction {
  readonly gigabytes: number;
  /** Name of the price of a second of one of them. */
  readonly second: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly traced: boolean;
}

/** What a new table takes at once, a thousand for each of its partitions. */
const NEW_TABLE_WRITES = 4_000;

export interface Table {
  readonly restorable: boolean;
  readonly warmWrites: number;
  readonly indexes: readonly Index[];
}

export interface Index {
  readonly keys: readonly string[];
  readonly holds: (attribute: string) => boolean;
}

interface IndexProperties {
  readonly KeySchema: KeyProperties[];
  readonly Projection: {
    readonly ProjectionType: 'ALL' | 'INCLUDE' | 'KEYS_ONLY';
    readonly NonKeyAttributes?: readonly string[];
  };
}

interface KeyProperties {
  readonly AttributeName: string;
}

const keysOf = (schema: KeyProperties[]) => schema.map(({ AttributeName }) => AttributeName);
