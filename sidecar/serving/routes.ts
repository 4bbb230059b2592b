import { PREDICTION_BYTES } from './body.ts';
import { datatypeOf } from './datatypes.ts';
import type { Port } from './inference-messages.ts';
import { postLabels } from './labels.ts';
import { invocationAnswer, parseInvocation } from './mlflow.ts';
import { inferReply } from './open-inference-reply.ts';
import { parseInferRequest } from './open-inference-request.ts';
import { parsePrediction, predictionAnswer } from './predict.ts';
import { jsonReply, Refusal, type Reply } from './reply.ts';
import type { Call, Route } from './route.ts';
import { schemas } from './schemas.ts';

const infer = async (call: Call): Promise<Reply> => {
  requireModel(call);
  const request = parseInferRequest(call.body, headerOf(call, 'inference-header-content-length'), call.model);
  const id = request.id ?? crypto.randomUUID();
  const { outputs } = await call.compute(request, id);
  return inferReply(request, id, outputs, call.model);
};

const headerOf = ({ headers }: Call, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};

/** @throws Refusal 404 unless the names in the path are the model and version that answer now */
const requireModel = ({ params, model: { served } }: Call): void => {
  if (params['model'] !== served.model)
    throw new Refusal(404, `There is no model ${params['model'] ?? ''} here; this is ${served.model}.`);
  const version = params['version'];
  if (version !== undefined && version !== String(served.version)) {
    throw new Refusal(404, `${served.model} answers with version ${served.version}, not with version ${version}.`);
  }
};

const metadata = (call: Call): Reply => {
  requireModel(call);
  const { served, inputs, outputs } = call.model;
  const tensor = ({ name, type, shape }: Port) => ({ name, datatype: datatypeOf(type), shape });
  return jsonReply({
    name: served.model,
    versions: [String(served.version)],
    platform: 'onnx_onnxv1',
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor),
  });
};

const modelReady = (call: Call): Reply => {
  requireModel(call);
  return jsonReply({ name: call.model.served.model, ready: true });
};

const predict = async (call: Call): Promise<Reply> => {
  const rows = await parsePrediction(call.body, call.type, call.model, call.codec);
  const { outcomes, ids } = await call.compute(rows, crypto.randomUUID());
  return jsonReply(predictionAnswer(outcomes(), ids, call.model));
};

const invoke = async (call: Call): Promise<Reply> => {
  const rows = parseInvocation(call.body, call.type, call.model, call.codec);
  const { outcomes } = await call.compute(rows, crypto.randomUUID());
  return jsonReply(invocationAnswer(outcomes(), call.model));
};

/** KServe's version 1: `{"instances": […]}` by the name of the model. */
const predictV1 = async (call: Call): Promise<Reply> => {
  requireModel(call);
  return invoke(call);
};

const alive = (): Reply => ({ status: 200, type: 'application/json', body: '\n' });

const tensors = ['application/json', 'application/octet-stream', ''];
const inference = { method: 'POST', accepts: tensors, predicts: true, limit: PREDICTION_BYTES } as const;

/** Every route that is answered in front of express. The busiest come first. */
export const routes: readonly Route[] = [
  {
    ...inference,
    path: '/v2/models/{model}/infer',
    summary: 'Predict: Open Inference Protocol, JSON or binary tensors.',
    request: schemas.inferRequest,
    response: schemas.inferResponse,
    answer: infer,
  },
  {
    ...inference,
    path: '/v2/models/{model}/versions/{version}/infer',
    summary: 'Predict with this version; 404 when another one answers.',
    request: schemas.inferRequest,
    response: schemas.inferResponse,
    answer: infer,
  },
  {
    ...inference,
    path: '/invocations',
    accepts: ['application/json', 'text/csv'],
    summary: 'Predict: MLflow scoring and SageMaker.',
    request: schemas.invocation,
    response: schemas.invocationAnswer,
    answer: invoke,
  },
  {
    ...inference,
    path: '/predict',
    accepts: ['application/json', 'image/png', 'image/jpeg'],
    summary: 'Predict: a picture, or rows with their columns by name.',
    request: schemas.prediction,
    response: schemas.predictionAnswer,
    answer: predict,
  },
  {
    ...inference,
    path: '/v1/models/{model}:predict',
    accepts: ['application/json'],
    summary: 'Predict: KServe version 1.',
    request: schemas.invocation,
    response: schemas.invocationAnswer,
    answer: predictV1,
  },
  {
    method: 'POST',
    path: '/labels',
    accepts: ['application/json'],
    summary: 'Tell what predicted rows really were.',
    request: schemas.labels,
    response: schemas.labelReceipt,
    answer: postLabels,
  },
  { method: 'GET', path: '/ping', summary: 'Alive and ready: MLflow and SageMaker.', answer: alive },
  { method: 'GET', path: '/health', summary: 'Alive and ready: MLflow.', answer: alive },
  { method: 'GET', path: '/livez', summary: 'Alive.', answer: alive },
  { method: 'GET', path: '/readyz', summary: 'Ready.', answer: alive },
  { method: 'GET', path: '/healthz', summary: 'Alive.', answer: alive },
  { method: 'GET', path: '/v2/health/live', summary: 'Alive.', answer: () => jsonReply({ live: true }) },
  { method: 'GET', path: '/v2/health/ready', summary: 'Ready.', answer: () => jsonReply({ ready: true }) },
  {
    method: 'GET',
    path: '/v2',
    summary: 'What this server speaks.',
    answer: () => jsonReply({ name: 'trainyard', version: '2', extensions: ['binary_tensor_data', 'classification'] }),
  },
  {
    method: 'GET',
    path: '/v2/models',
    summary: 'Models here.',
    answer: ({ model }) => jsonReply({ models: [model.served.model] }),
  },
  { method: 'GET', path: '/v2/models/{model}', summary: 'Inputs and outputs.', answer: metadata },
  { method: 'GET', path: '/v2/models/{model}/ready', summary: 'Ready.', answer: modelReady },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}', summary: 'Inputs and outputs.', answer: metadata },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}/ready', summary: 'Ready.', answer: modelReady },
  { method: 'GET', path: '/v1/models/{model}', summary: 'Ready: KServe version 1.', answer: modelReady },
  {
    method: 'POST',
    path: '/v2/repository/index',
    accepts: ['application/json', ''],
    summary: 'Models here, as Triton lists them.',
    answer: ({ model: { served } }) =>
      jsonReply([{ name: served.model, version: String(served.version), state: 'READY', reason: '' }]),
  },
];
