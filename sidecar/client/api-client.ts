import type { IncomingMessage } from 'node:http';
import { CallLine, LINES_TYPE, type CallOptions } from '../contract/call.ts';
import { FaultReport } from '../contract/fault.ts';
import type { Address } from '../contract/greeting.ts';
import { routes, type Client, type RouteName } from '../contract/routes.ts';
import { cancelled, Fault, reviveFault, sidecarUnreachable } from '../faults.ts';
import { readText, socketRequest } from './socket-request.ts';

type Way = Pick<Address, 'socket' | 'token'>;

/**
 * A client made from the route table: one function a route. Every reply is checked against the contract.
 * @throws Fault what the sidecar refused, `cancelled` when the caller ended the call, or `sidecar-unreachable`.
 */
export const createApiClient = (address: Way): Client => {
  const call = async (name: RouteName, input: unknown, options: CallOptions = {}): Promise<unknown> => {
    const { status, body } = await reach(address, name, input, options);
    if (status === 200) return routes[name].output.parse(body);
    const report = FaultReport.safeParse(body);
    throw report.success ? reviveFault(report.data) : sidecarUnreachable(`it answered ${String(status)}`);
  };
  const names = Object.keys(routes) as RouteName[];
  return Object.fromEntries(
    names.map((name) => [name, (input: unknown, options?: CallOptions) => call(name, input, options)]),
  ) as unknown as Client;
};

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

const reach = async (address: Way, name: RouteName, input: unknown, options: CallOptions): Promise<Answer> => {
  const ending = new AbortController();
  if (options.signal?.aborted === true) throw cancelled();
  options.signal?.addEventListener('abort', () => ending.abort(), { once: true });
  const ask = { method: 'POST', path: `/${name}`, body: JSON.stringify(input), signal: ending.signal } as const;
  try {
    return options.onProgress === undefined
      ? await readWhole(await socketRequest(address, ask))
      : await readLines(await socketRequest(address, { ...ask, accept: LINES_TYPE }), options.onProgress);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw ending.signal.aborted
      ? cancelled()
      : sidecarUnreachable(error instanceof Error ? error.message : String(error));
  }
};

const readWhole = async (reply: IncomingMessage): Promise<Answer> => ({
  status: reply.statusCode,
  body: JSON.parse(await readText(reply)) as unknown,
});

/** Tells of the progress as it comes. @returns what the last line says */
const readLines = async (
  reply: IncomingMessage,
  onProgress: NonNullable<CallOptions['onProgress']>,
): Promise<Answer> => {
  // A request that could not even begin is refused in the usual form.
  if (reply.statusCode !== 200) return readWhole(reply);
  let pending = '';
  reply.setEncoding('utf8');
  for await (const text of reply) {
    const lines = (pending + String(text)).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines.map((one) => CallLine.parse(JSON.parse(one)))) {
      if ('fault' in line) throw reviveFault(line.fault);
      if ('reply' in line) return { status: 200, body: line.reply };
      onProgress(line.progress);
    }
  }
  throw sidecarUnreachable('it ended its answer early');
};
