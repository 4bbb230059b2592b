import type { EndpointAccess } from '../../sidecar/contract/deployment.ts';
import type { Digit } from './digits.ts';
import { pngOf } from './workspace.ts';

interface Answer {
  readonly predictions: readonly { readonly id: string; readonly label: string }[];
  readonly version: number;
}

/** Requests on their way at the same time. */
const CLIENTS = 4;

/** Sends each digit to the endpoint as a user would, a PNG file a request. @returns the share of right answers. */
export const sendDigits = async (
  access: EndpointAccess,
  digits: readonly Digit[],
  told: (sent: number) => void,
): Promise<number> => {
  let right = 0;
  let sent = 0;
  const waiting = [...digits];
  const client = async () => {
    for (let digit = waiting.pop(); digit !== undefined; digit = waiting.pop()) {
      const { predictions } = await ask(access, digit);
      if (predictions[0]?.label === String(digit.label)) right += 1;
      sent += 1;
      told(sent);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return right / digits.length;
};

const ask = async (access: EndpointAccess, digit: Digit): Promise<Answer> => {
  const reply = await fetch(`${access.url ?? ''}/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access.token ?? ''}`, 'content-type': 'image/png' },
    body: pngOf(digit) as Uint8Array<ArrayBuffer>,
  });
  if (!reply.ok) throw new Error(`The endpoint answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as Answer;
};
