import { open } from 'node:fs/promises';
import type { Source } from './transport.ts';

/** A file as bytes to be sent, open for as long as `use` takes. */
export const withFile = async <Result>(path: string, use: (source: Source) => Promise<Result>): Promise<Result> => {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await use({
      size,
      read: async (start, end) => {
        const bytes = Buffer.allocUnsafe(end - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      },
    });
  } finally {
    await file.close();
  }
};
