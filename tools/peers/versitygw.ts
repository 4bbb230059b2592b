import { dirname } from 'node:path';
import { runCommand } from '../command.ts';
import { buildOnce } from './go-program.ts';

const version = 'v1.8.0';

/** versitygw, an S3 server over plain files that checks signatures and checksums. */
export const buildVersitygw = () =>
  buildOnce({
    name: 'versitygw',
    version,
    build: (program) =>
      runCommand({
        program: 'go',
        args: ['install', `github.com/versity/versitygw/cmd/versitygw@${version}`],
        env: { ...process.env, GOBIN: dirname(program) },
      }),
  });
