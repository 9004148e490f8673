import { describe, expect, test } from 'vitest';
import { chosenEnvironment } from '../../environments/chosen.ts';
import { prod } from '../../environments/prod.ts';

describe('the environment that a command is for', () => {
  test('is the one that is named, as it is', () => {
    expect(chosenEnvironment({ MILKRUN_ENVIRONMENT: 'prod' })).toEqual(prod);
  });

  test('is as the emulator can have it, where that is asked for', () => {
    const { protection, account } = chosenEnvironment({
      MILKRUN_ENVIRONMENT: 'prod',
      MILKRUN_EMULATED: 'true',
    });
    expect(protection.deletionProtection).toBe(false);
    expect(account).toBe(prod.account);
    expect(() =>
      chosenEnvironment({ MILKRUN_ENVIRONMENT: 'prod', MILKRUN_EMULATED: 'yes' }),
    ).toThrow('MILKRUN_EMULATED is "yes": it must be true or false');
  });

  test("takes dispatch's data from whom the variable says", () => {
    expect(
      chosenEnvironment({ MILKRUN_ENVIRONMENT: 'prod', MILKRUN_DISPATCH_DATA: 'terraform' })
        .dispatchData,
    ).toBe('terraform');
  });
});
