/** Blocks in each stage of timm's MobileNetV2. */
const depths = [1, 2, 3, 4, 3, 3, 1] as const;

const inBlock: Readonly<Record<string, string>> = {
  conv_pw: 'conv.0.0',
  bn1: 'conv.0.1',
  conv_dw: 'conv.1.0',
  bn2: 'conv.1.1',
  conv_pwl: 'conv.2',
  bn3: 'conv.3',
};
/** The first block widens nothing, so its parts stand one place further to the front. */
const inFirstBlock: Readonly<Record<string, string>> = {
  conv_dw: 'conv.0.0',
  bn1: 'conv.0.1',
  conv_pw: 'conv.1',
  bn2: 'conv.2',
};
const outside: Readonly<Record<string, string>> = {
  conv_stem: 'features.0.0',
  bn1: 'features.0.1',
  conv_head: 'features.18.0',
  bn2: 'features.18.1',
  classifier: 'classifier.1',
};

/** timm's name of a weight of MobileNetV2 in torchvision's words; a name of neither is returned as it is. */
export const fromTimmMobilenet = (name: string): string => {
  const [top = '', stage = '', block = '', part = '', ...rest] = name.split('.');
  if (top === 'blocks') return fromBlock(name, Number(stage), Number(block), [part, ...rest]);
  const there = outside[top];
  return there === undefined || block !== '' ? name : `${there}.${stage}`;
};

const fromBlock = (name: string, stage: number, block: number, [part = '', ...rest]: readonly string[]): string => {
  const number = depths.slice(0, stage).reduce<number>((sum, depth) => sum + depth, 0) + block + 1;
  const there = (number === 1 ? inFirstBlock : inBlock)[part];
  return there === undefined ? name : ['features', number, there, ...rest].join('.');
};

/** Only timm has a layer of this name. */
export const isTimmMobilenet = (names: readonly string[]): boolean => names.includes('conv_stem.weight');
