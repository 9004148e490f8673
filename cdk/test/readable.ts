/**
 * A template's value as a person would write it: references become logical ids without their hash,
 * imports the reference they stand for: `LocationEvents.Arn/index/by_order`, `IngestLog.Arn`.
 */
export function readable(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const [name, argument] = Object.entries(value as Record<string, any>)[0] ?? [];
  switch (name) {
    case 'Ref':
      return withoutHash(argument);
    case 'Fn::GetAtt':
      return `${withoutHash(argument[0])}.${argument[1]}`;
    case 'Fn::Join':
      return argument[1].map(readable).join(argument[0]);
    // How the CDK takes a function's name and an alias's from an ARN.
    case 'Fn::Select':
      return `${readable(argument[1]['Fn::Split'][1])}.${argument[0] === 6 ? 'Name' : 'Qualifier'}`;
    case 'Fn::ImportValue':
      return imported(argument);
    default:
      throw new Error(`not a reference: ${JSON.stringify(value)}`);
  }
}

/** Versions have a hash of their function's code and settings as well. */
export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}([0-9a-f]{32})?$/, '');
}

/** `milkrun-prod-data:ExportsOutputFnGetAttLakeBucketArn4B06F64C` → `LakeBucket.Arn`. */
function imported(exportName: string): string {
  const attribute = /:ExportsOutputFnGetAtt(\w+?)(StreamArn|Arn|Id|QueueName)[0-9A-F]{8}$/.exec(
    exportName,
  );
  if (attribute !== null) {
    return `${withoutHash(attribute[1] ?? '')}.${attribute[2]}`;
  }
  const reference = /:ExportsOutputRef(\w+)[0-9A-F]{8}$/.exec(exportName);
  if (reference === null) {
    throw new Error(`not an export of the CDK: ${exportName}`);
  }
  return withoutHash(reference[1] ?? '');
}
