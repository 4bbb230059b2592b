import { badRequest } from './reply.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON document. @throws Refusal 400 with the place where it stops being one */
export const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw badRequest(`The body is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

/** @throws Refusal 400 unless the value is an object */
export const asObject = (value: unknown, what: string): JsonObject => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`${what} must be a JSON object.`);
  }
  return value as JsonObject;
};

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
