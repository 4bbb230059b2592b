import { createRequire } from 'node:module';

/** Whether tensorflow.js can compute natively here, in one sentence, and what installs it. */
export interface TfjsProbe {
  readonly usable: boolean;
  readonly sentence: string;
  /** The command that would make it usable; null when it is. */
  readonly command: string | null;
}

const PACKAGE = '@tensorflow/tfjs-node-gpu';
const install = `npm install ${PACKAGE}`;

/**
 * Looks for the optional package with its native library. Nothing in Trainyard needs it; the engine `onnx` trains
 * everywhere. It is loaded for real, since a package without its library looks the same from outside.
 */
export const probeTfjs = async (): Promise<TfjsProbe> => {
  try {
    mendUtil();
    const { version } = (await import(PACKAGE)) as { readonly version: Readonly<Record<string, string>> };
    return { usable: true, sentence: `${PACKAGE} ${version['tfjs-node'] ?? ''} is usable`, command: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const absent = message.includes(PACKAGE);
    const sentence = absent
      ? `${PACKAGE} is not installed; it is optional`
      : `${PACKAGE} is installed without its native library; it is optional`;
    return { usable: false, sentence, command: absent ? install : `${install} (its script fetches the library)` };
  }
};

/** tfjs-node 4.22 calls a function that Node 23 removed. */
const mendUtil = (): void => {
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
};
