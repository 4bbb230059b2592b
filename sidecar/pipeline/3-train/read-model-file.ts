import { closeSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GraphError } from '../../graph/graph-error.ts';
import type { Model } from '../../graph/model.ts';
import { readModel } from '../../graph/read.ts';
import type { ReadExternal } from '../../graph/read-tensor.ts';
import { readAt } from './read-at.ts';

/**
 * The model in an ONNX file of the user's. PyTorch's exporter keeps the weights in a second file beside it,
 * `net.onnx.data`, unless it is told otherwise; they are taken in, and the model needs that file no more.
 *
 * @throws GraphError for a file that is no model, and for data that is not in a plain file beside it
 */
export const readModelFile = (path: string): Model => readModel(readFileSync(path), besides(path));

/** A location with folders, or a link, could lead to any file of the machine. */
const besides =
  (path: string): ReadExternal =>
  ({ location, offset, length }) => {
    if (location !== basename(location) || /[\\/:]|^\.\.?$/.test(location)) throw notBeside(location);
    const file = join(dirname(path), location);
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found === undefined) throw lost(location);
    if (!found.isFile()) throw notBeside(location);
    if (offset + length > found.size) throw new GraphError(`“${location}” is shorter than the model says.`);
    const opened = openSync(file, 'r');
    try {
      return readAt(opened, offset, length);
    } finally {
      closeSync(opened);
    }
  };

const notBeside = (location: string): GraphError =>
  new GraphError(
    `The model keeps its data in “${location}”, which is not a file beside it.`,
    undefined,
    'Export it with external_data=False, so that everything is in one file.',
  );

const lost = (location: string): GraphError =>
  new GraphError(
    `The model keeps its data in “${location}”, which is not there.`,
    undefined,
    'Put both files into one folder, or export the model with external_data=False.',
  );
