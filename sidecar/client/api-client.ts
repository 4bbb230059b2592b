import { FaultReport } from '../contract/fault.ts';
import type { Address } from '../contract/greeting.ts';
import { routes, type Client, type RouteName } from '../contract/routes.ts';
import { reviveFault, sidecarUnreachable } from '../faults.ts';
import { readText, socketRequest } from './socket-request.ts';

/**
 * A client made from the route table: one function a route. Every reply is checked against the contract.
 * @throws Fault what the sidecar refused, or `sidecar-unreachable`.
 */
export const createApiClient = (address: Pick<Address, 'socket' | 'token'>): Client => {
  const call = async (name: RouteName, input: unknown): Promise<unknown> => {
    const { status, body } = await reach(address, name, input);
    if (status === 200) return routes[name].output.parse(body);
    const report = FaultReport.safeParse(body);
    throw report.success ? reviveFault(report.data) : sidecarUnreachable(`it answered ${String(status)}`);
  };
  const names = Object.keys(routes) as RouteName[];
  return Object.fromEntries(names.map((name) => [name, (input: unknown) => call(name, input)])) as unknown as Client;
};

const reach = async (address: Pick<Address, 'socket' | 'token'>, name: RouteName, input: unknown) => {
  try {
    const reply = await socketRequest(address, { method: 'POST', path: `/${name}`, body: JSON.stringify(input) });
    return { status: reply.statusCode, body: JSON.parse(await readText(reply)) as unknown };
  } catch (error) {
    throw sidecarUnreachable(error instanceof Error ? error.message : String(error));
  }
};
