/** Where weights of a model lie. */
export interface PretrainedSource {
  readonly url: string;
  /** SHA-256 that the file must have; null where none could be confirmed, see below. */
  readonly sha256: string | null;
}

const hub = (environment: NodeJS.ProcessEnv): string => {
  const mirror = environment['HF_ENDPOINT'];
  return mirror === undefined || mirror === '' ? 'https://huggingface.co' : mirror.replace(/\/+$/, '');
};

interface Checkpoint {
  readonly repository: string;
  /** A commit; a branch only where `sha256` is null. */
  readonly revision: string;
  readonly sha256: string | null;
}

/**
 * Weights of ImageNet-1k for `pretrained: true`, as safetensors. The ResNets are torchvision's IMAGENET1K_V1 as timm
 * publishes them (BSD-3-Clause), MobileNetV2 is timm's own (Apache-2.0).
 *
 * A digest stands here only where public repositories of others pin the same one for the same commit; a wrong one would
 * refuse the right file. The others are pinned when they are first fetched: to the digest that the hub announces.
 */
const checkpoints: Readonly<Record<string, Checkpoint>> = {
  resnet18: {
    repository: 'timm/resnet18.tv_in1k',
    revision: 'bbd144b3e5565108aad885f145491d11bc6ce807',
    sha256: '694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81',
  },
  resnet34: {
    repository: 'timm/resnet34.tv_in1k',
    revision: '1b7b21cca82ff974d341713f777bf740c2db38c4',
    sha256: '0bb82595a564991a9d424708b33f5d843f5aaed7f6c0886ff10849ff97022235',
  },
  resnet50: {
    repository: 'timm/resnet50.tv_in1k',
    revision: '78f3ecfdb38e06d9b8397f662e7ab8fee96026fa',
    sha256: '5d061a3c593d795bfe682d9b152bafbcf550579873492def3515b46db1189888',
  },
  resnet101: { repository: 'timm/resnet101.tv_in1k', revision: 'main', sha256: null },
  resnet152: { repository: 'timm/resnet152.tv_in1k', revision: 'main', sha256: null },
  mobilenetv2: {
    repository: 'timm/mobilenetv2_100.ra_in1k',
    revision: '5afa12513b048c79b9147a5d210e9bdc50035481',
    sha256: '55ea4fb3a96010b933710ebf44fc965b070d5cd054d3f35e44f2d1320b4a714e',
  },
};

/** Models that `pretrained: true` knows weights for. */
export const pretrainedNames: readonly string[] = Object.keys(checkpoints);

/** @returns null for a model without published weights. `HF_ENDPOINT` names a mirror of the hub, as for its own tools. */
export const pretrainedSource = (name: string, environment: NodeJS.ProcessEnv): PretrainedSource | null => {
  const checkpoint = Object.hasOwn(checkpoints, name) ? checkpoints[name] : undefined;
  if (checkpoint === undefined) return null;
  const { repository, revision, sha256 } = checkpoint;
  return { url: `${hub(environment)}/${repository}/resolve/${revision}/model.safetensors`, sha256 };
};
