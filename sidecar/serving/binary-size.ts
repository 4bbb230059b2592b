import { asObject, type JsonObject } from './json-body.ts';
import { badRequest } from './reply.ts';

/** Bytes of an input behind the JSON; undefined where its values are in the JSON. @throws Refusal 400 */
export const binarySize = (input: JsonObject): number | undefined => {
  if (input['parameters'] === undefined) return undefined;
  const size = asObject(input['parameters'], '“parameters”')['binary_data_size'];
  if (size === undefined) return undefined;
  if (!Number.isSafeInteger(size) || Number(size) < 0) throw badRequest('“binary_data_size” must be a whole number.');
  return Number(size);
};
