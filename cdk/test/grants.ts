import { readable, withoutHash } from './readable.ts';
import type { Resource } from './synthesized.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Each role's grants as `action on resource`, sorted. */
export function grants(roles: Iterable<[string, Resource]>): Record<string, string[]> {
  return Object.fromEntries(
    [...roles].map(([id, role]) => {
      const statements = (role.Properties.Policies ?? []).flatMap(
        (policy: any) => policy.PolicyDocument.Statement,
      );
      const lines = statements.flatMap((statement: any) =>
        list(statement.Action).flatMap((action) =>
          list(statement.Resource).map((resource) => `${action} on ${readable(resource)}`),
        ),
      );
      return [withoutHash(id).replace(/Role$/, ''), lines.sort()];
    }),
  );
}
