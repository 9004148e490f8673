// `${{ … }}`, as GitHub evaluates it: its own lexer, parser and evaluator. Stricter in one thing: what a context
// does not have is an error, and not an empty text that would be passed on.
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

export type Value = string | number | boolean | null | { readonly [key: string]: Value };
export type Contexts = Readonly<Record<string, Value>>;

/** How it went so far, for `success()` and its relatives. */
export type Status = 'success' | 'failure' | 'skipped';

const STATUS_FUNCTIONS = {
  success: (status: Status) => status === 'success',
  failure: (status: Status) => status === 'failure',
  always: () => true,
  // Nothing here is ever cancelled.
  cancelled: () => false,
};

/** A text with its expressions replaced by their values. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression, contexts).coerceString(),
  );
}

/** Whether an `if:` holds. Without a status function it asks for success as well. */
export function holds(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const expression = (condition ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
  const asksForStatus = Object.keys(STATUS_FUNCTIONS).some((name) =>
    new RegExp(`\\b${name}\\s*\\(`).test(expression),
  );
  const whole = asksForStatus ? expression : `success() && (${expression})`;
  return evaluate(`!!(${whole})`, contexts, status).coerceString() === 'true';
}

function evaluate(expression: string, contexts: Contexts, status: Status = 'success') {
  const functions = Object.entries(STATUS_FUNCTIONS).map(([name, said]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(said(status)),
  }));
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const named = new Map(functions.map((one) => [one.name, one]));
  return new Evaluator(parsed, new Context('contexts', contexts), named).evaluate();
}

class Context extends data.Dictionary {
  readonly #path: string;

  constructor(path: string, values: Contexts) {
    super(...Object.entries(values).map(([key, value]) => ({ key, value: toData(key, value) })));
    this.#path = path;
  }

  override get(key: string): data.ExpressionData {
    const value = super.get(key);
    if (value === undefined) {
      throw new Error(`${this.#path} has no "${key}"`);
    }
    return value;
  }
}

function toData(key: string, value: Value): data.ExpressionData {
  switch (typeof value) {
    case 'string':
      return new data.StringData(value);
    case 'number':
      return new data.NumberData(value);
    case 'boolean':
      return new data.BooleanData(value);
    default:
      return value === null ? new data.Null() : new Context(key, value);
  }
}
