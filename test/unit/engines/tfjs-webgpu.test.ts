import { beforeAll, vi } from 'vitest';
import type { Engine } from '../../../sidecar/engines/engine.ts';
import { tfjsEngine } from '../../../sidecar/engines/tfjs/engine.ts';
import { loadTensorflow } from '../../../sidecar/engines/tfjs/load.ts';
import { useSwiftShader } from '../../support/swift-shader.ts';
import { describeEngine } from './conformance.ts';
import { describeOperators } from './operators.ts';

const onWebGpu = (engine: Engine): Engine => ({
  ...engine,
  train: (plan, data, watch) =>
    engine.train({ ...plan, device: plan.device === 'cpu' ? 'webgpu' : plan.device }, data, watch),
});

// In software some operators take a thousand times as long as on a card.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(async () => {
  await useSwiftShader();
  const tf = await loadTensorflow('webgpu');
  // One product of small matrices takes a quarter of a second there by the program that the library prefers for
  // graphics cards, and less than a millisecond by this one.
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 3);
});

// Of several equal pixels in a window, WebGPU's last one gets the gradient, and everywhere else the first.
describeOperators('webgpu', ['maxpool_tie']);
describeEngine(onWebGpu(tfjsEngine));
