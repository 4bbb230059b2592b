import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** A thread that reads, and finds the disk full when it is to make durable what it has read. */
fs.fsyncSync = () => {
  throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC', syscall: 'fsync' });
};
syncBuiltinESMExports();
await import('../../../../sidecar/versions/working/data-worker.ts');
