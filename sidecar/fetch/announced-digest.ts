import { Fault } from '../faults.ts';

/** What a hub says of a file before it is fetched. */
export interface Announcement {
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  /** The commit that holds the file; null where the server does not say. */
  readonly commit: string | null;
}

const mostRedirects = 5;
const patienceMs = 30_000;

/**
 * Hugging Face names the SHA-256 of a large file, under which Git LFS stores it, in the header `x-linked-etag` of
 * `…/resolve/<revision>/<file>`, and the commit of a branch in `x-repo-commit`. They come with the redirect to the
 * place of the bytes, so every answer on the way is looked at.
 *
 * @returns null for a server that announces nothing
 * @throws Fault `download-failed` where the server cannot be reached, the signal's reason
 */
export const announcedDigest = async (url: string, signal: AbortSignal): Promise<Announcement | null> => {
  let at = new URL(url);
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const { headers, status } = await ask(at, signal);
    const sha256 = /^"?([0-9a-f]{64})"?$/.exec(headers.get('x-linked-etag') ?? '')?.[1];
    if (sha256 !== undefined) return { sha256, commit: headers.get('x-repo-commit') };
    const target = status >= 300 && status < 400 ? headers.get('location') : null;
    if (target === null) return null;
    const next = new URL(target, at);
    // What a server behind an unprotected connection says could have been changed on its way.
    if (at.protocol === 'https:' && next.protocol !== 'https:') return null;
    at = next;
  }
  return null;
};

const ask = async (url: URL, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      headers: { 'user-agent': 'trainyard' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new Fault('download-failed', `${url.host} could not be reached.`, {
      hint: 'Check the network. Without a network give the file’s place: model.pretrained with a path.',
      cause,
    });
  }
};
