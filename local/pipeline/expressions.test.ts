import { describe, expect, it } from 'vitest';
import { holds, interpolate } from './expressions.ts';

const CONTEXTS = {
  needs: { build: { result: 'success', outputs: { digest: 'abc' } } },
  vars: { AWS_REGION: 'us-east-1' },
};

describe('expressions', () => {
  it('are replaced by their values', () => {
    const text = `in \${{ vars.aws_region }}: \${{ needs.build.outputs.digest == 'abc' && 'same' || 'other' }}`;
    expect(interpolate(text, CONTEXTS)).toBe('in us-east-1: same');
  });

  it.each(['needs.build.outputs.sha', 'needs.dev.result', 'vars.DEPLOY_ROLE_ARN', 'secrets.KEY'])(
    'that name what is not there are errors: %s',
    (expression) => {
      expect(() => interpolate(`\${{ ${expression} }}`, CONTEXTS)).toThrow();
    },
  );
});

describe('a condition', () => {
  it.each([
    [undefined, true, false, false],
    ['needs.build.result', true, false, false],
    ['always()', true, true, true],
    ['failure()', false, true, false],
    ["${{ !failure() && vars.AWS_REGION == 'us-east-1' }}", true, false, true],
    ["vars.AWS_REGION == ''", false, false, false],
  ])(
    '%s holds after success: %s, after a failure: %s, after a skip: %s',
    (condition, ...expected) => {
      const statuses = ['success', 'failure', 'skipped'] as const;
      expect(statuses.map((status) => holds(condition, CONTEXTS, status))).toEqual(expected);
    },
  );
});
