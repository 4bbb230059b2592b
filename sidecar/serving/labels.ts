import { describe } from './flatten.ts';
import { asObject, isList, parseJson } from './json-body.ts';
import { badRequest, jsonReply, type Reply } from './reply.ts';
import type { Call, PostedLabel } from './route.ts';

const MOST_LABELS = 10_000;

/** `POST /labels`: `{"labels": [{"id", "label"}]}` with the ids that predictions were answered with. */
export const postLabels = (call: Call): Reply => {
  const { labels } = asObject(parseJson(call.body), 'The request');
  if (!isList(labels) || labels.length === 0 || labels.length > MOST_LABELS) {
    throw badRequest(`“labels” must be a list of 1 to ${MOST_LABELS} labels.`);
  }
  return jsonReply(call.label(labels.map((entry, at) => toLabel(entry, at, call))));
};

const toLabel = (entry: unknown, at: number, { model: { served } }: Call): PostedLabel => {
  const { id, label } = asObject(entry, `Label ${at}`);
  if (typeof id !== 'string') throw badRequest(`Label ${at} has no “id”.`);
  if (served.features.task === 'regression') {
    if (typeof label !== 'number') throw badRequest(`Label ${at} is ${describe(label)}; it must be a number.`);
    return { id, label };
  }
  const name = typeof label === 'number' ? String(label) : label;
  if (typeof name !== 'string' || !served.features.classes.includes(name)) {
    throw badRequest(
      `Label ${at} is ${describe(label)}; it must be one of ${served.features.classes.slice(0, 20).join(', ')}.`,
    );
  }
  return { id, label: name };
};
