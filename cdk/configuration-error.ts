/** A mistake of the person deploying: shown as its message alone, without a stack. */
export class ConfigurationError extends Error {}
