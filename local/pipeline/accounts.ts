// The accounts of dev, test and prod, for which one emulator stands in: each with an address of its own.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const PYTHON = '.venv/bin/python';

export interface Accounts {
  /** The emulator itself: it tells the account of a signed request by its access key. */
  readonly emulator: string;
  /** An address of each account, for requests without a signature too. */
  readonly endpoints: ReadonlyMap<string, string>;
  readonly stop: () => void;
}

export async function startAccounts(
  accounts: readonly string[],
  stateDir: string,
): Promise<Accounts> {
  const emulator = run('-m', 'local.accounts', '--state-dir', stateDir, ...accounts).trim();
  const servers: Server[] = [];
  const endpoints = new Map<string, string>();
  for (const account of accounts) {
    const server = createServer(forwarder(new URL(emulator), account)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    endpoints.set(account, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  const stop = () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    run('-m', 'local.down', '--state-dir', stateDir);
  };
  return { emulator, endpoints, stop };
}

/**
 * Passes requests on. The emulator takes the account from a request's signature, and those of an API's callers
 * have none: they get the account's name, which only tells where to look for the API.
 */
function forwarder(emulator: URL, account: string): Parameters<typeof createServer>[1] {
  const unsigned = `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/execute-api/aws4_request`;
  return (incoming, answer) => {
    const headers = { authorization: unsigned, ...incoming.headers };
    const { method, url: path } = incoming;
    const { hostname, port } = emulator;
    const outgoing = request({ hostname, port, method, path, headers }, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.rawHeaders);
      received.pipe(answer);
    });
    outgoing.on('error', (error) => answer.destroy(error));
    incoming.pipe(outgoing);
  };
}

function run(...command: string[]): string {
  const { status, stdout, stderr } = spawnSync(PYTHON, command, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(stderr.trim());
  }
  return stdout;
}
