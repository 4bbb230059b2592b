import { env } from 'onnxruntime-node';

/** Version of ONNX Runtime that trains and serves. Reading it proves that its native module loads. */
export const onnxRuntimeVersion: string = env.versions.node ?? env.versions.common;
