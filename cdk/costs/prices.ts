import { ConfigurationError } from '../configuration-error.ts';

/** One row of the table of prices. */
export interface Price {
  readonly dollars: number;
  readonly per: string;
}

/** List prices, by the name in the first column of the table. */
export class Prices {
  readonly #prices: ReadonlyMap<string, Price>;

  constructor(prices: ReadonlyMap<string, Price>) {
    this.#prices = prices;
  }

  /** Reads the table of a Markdown page whose first column is headed `price`. */
  static of(markdown: string): Prices {
    const lines = markdown.split('\n');
    const head = lines.findIndex((line) => /^\|\s*price\s*\|/.test(line));
    if (head === -1) {
      throw new ConfigurationError('there is no table whose first column is "price"');
    }
    const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
    const prices = new Map<string, Price>();
    for (const line of lines.slice(head + 2, end === -1 ? undefined : end)) {
      const [name, dollars, per] = line
        .split('|')
        .slice(1)
        .map((cell) => cell.trim().replaceAll('`', ''));
      if (name === undefined || per === undefined || !/^\d+(\.\d+)?$/.test(dollars ?? '')) {
        throw new ConfigurationError(`not a price: ${line}`);
      }
      if (prices.has(name)) {
        throw new ConfigurationError(`the price ${name} is there twice`);
      }
      prices.set(name, { dollars: Number(dollars), per });
    }
    return new Prices(prices);
  }

  get names(): string[] {
    return [...this.#prices.keys()];
  }

  /** Dollars for one unit of what the row says, and an error where there is no such row. */
  dollars(name: string): number {
    const price = this.#prices.get(name);
    if (price === undefined) {
      throw new ConfigurationError(`docs/scale.md has no price ${name}`);
    }
    return price.dollars;
  }
}
