import ssh2, { type Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, remoteUnreachable } from '../../../faults.ts';

export interface SftpConnection {
  /**
   * Does `work` with a session, and once more where the connection broke meanwhile; so `work` must be harmless to
   * repeat. @throws Fault `remote-unreachable` when all tries failed, or what `work` throws
   */
  readonly use: <Result>(work: (sftp: SFTPWrapper) => Promise<Result>) => Promise<Result>;
  readonly close: () => void;
}

interface Session {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
  /** Rejected when the connection breaks. */
  readonly lost: Promise<never>;
}

/** A connection that broke; what was asked may have been done or not. */
class Lost extends Error {}

const TRIES = 6;
const FIRST_PAUSE_MS = 200;

/** @param refusal what the check of the host's key found wrong, once it has */
export const openSftpConnection = (
  settings: ConnectConfig,
  signal: AbortSignal,
  refusal: () => Fault | null,
): SftpConnection => {
  let current: Promise<Session> | undefined;
  const session = (): Promise<Session> => {
    const opening = (current ??= openSession(settings, refusal));
    const forget = () => {
      if (current === opening) current = undefined;
    };
    opening.then(({ lost }) => lost.catch(forget), forget);
    return opening;
  };
  const once = async <Result>(work: (sftp: SFTPWrapper) => Promise<Result>): Promise<Result> => {
    const { sftp, lost } = await session();
    return Promise.race([work(sftp), lost]);
  };
  const stop = () => void current?.then(({ client }) => client.end()).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  return {
    use: async (work) => {
      for (let tried = 1; ; tried += 1) {
        signal.throwIfAborted();
        try {
          return await once(work);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof Lost)) throw error;
          if (tried === TRIES) throw remoteUnreachable(settings.host ?? '', error.message, error);
          await sleep(FIRST_PAUSE_MS * 2 ** tried * Math.random(), undefined, { signal });
        }
      }
    },
    close: () => {
      signal.removeEventListener('abort', stop);
      stop();
    },
  };
};

const openSession = (settings: ConnectConfig, refusal: () => Fault | null): Promise<Session> =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const lost = new Promise<never>((_, fail) => {
      const lose = (why: string) => fail(new Lost(why));
      client.on('error', (error) => lose(error.message));
      client.on('close', () => lose('the connection was closed'));
      client.on('end', () => lose('the connection was closed'));
    });
    // Whoever waits hears of it; nobody needs to.
    lost.catch(() => undefined);
    client.on('error', (error) => reject(refusal() ?? explain(error, settings)));
    client.on('close', () => reject(refusal() ?? new Lost('the connection was closed')));
    client.on('ready', () => {
      // Requests are small and wait for their answers; collecting them first costs 40 ms each.
      client.setNoDelay(true);
      client.sftp((error, sftp) => {
        if (error === undefined) resolve({ client, sftp, lost });
        else reject(error);
      });
    });
    client.connect(settings);
  });

const authHint =
  'Load a key into ssh-agent, set keyfile of the remote, or put its password into .dvc/config.local (or TRAINYARD_SSH_PASSWORD).';

/** A refusal of the user is final; all else may be better a moment later. */
const explain = (error: Error & { readonly level?: string }, { host = '', username = '' }: ConnectConfig): Error =>
  error.level === 'client-authentication'
    ? new Fault('remote-refused', `${host} does not let ${username} in.`, { hint: authHint, cause: error })
    : new Lost(error.message);
