import type { BackwardSite, GradientRule, GradientRules } from './rule.ts';
import { inputName, inputShape, outputName, outputShape, unbroadcast } from './rule.ts';

/** Gradient of one input of a broadcasting operator, before the broadcast is undone. */
type Part = (site: BackwardSite) => string;

const broadcasting = (...parts: readonly Part[]): GradientRule => ({
  backward: (site) =>
    parts.map((part, index) =>
      site.wants(index)
        ? unbroadcast(site.assembly, part(site), outputShape(site), inputShape(site, index))
        : undefined,
    ),
});

/** Operators of any number of inputs. */
const variadic = (part: (site: BackwardSite, index: number) => string): GradientRule => ({
  backward: (site) =>
    site.node.inputs.map((_, index) =>
      site.wants(index)
        ? unbroadcast(site.assembly, part(site, index), outputShape(site), inputShape(site, index))
        : undefined,
    ),
});

const a = (site: BackwardSite) => inputName(site, 0);
const b = (site: BackwardSite) => inputName(site, 1);
const y = (site: BackwardSite) => outputName(site);
const pass: Part = ({ dy }) => dy;

const zero = ({ assembly }: BackwardSite) => assembly.floats([0]);

/** The gradient goes to the input that was chosen; to the first of several equal ones. */
const chosen = (site: BackwardSite, index: number): string => {
  const { assembly, node, dy } = site;
  const equal = (at: number) => assembly.add('Equal', [inputName(site, at), y(site)]);
  const earlier = node.inputs.slice(0, index).map((_, at) => equal(at));
  const own = equal(index);
  const first = earlier.reduce((kept, other) => assembly.add('And', [kept, assembly.add('Not', [other])]), own);
  return assembly.add('Where', [first, dy, zero(site)]);
};

const powers = {
  base: (site: BackwardSite) => {
    const { assembly, dy } = site;
    const lower = assembly.add('Sub', [b(site), assembly.floats([1])]);
    const slope = assembly.add('Mul', [b(site), assembly.add('Pow', [a(site), lower])]);
    return assembly.add('Mul', [dy, slope]);
  },
  exponent: (site: BackwardSite) => {
    const { assembly, dy } = site;
    // 0^b is 0 for every b > 0: its slope is 0 although the logarithm of 0 is not finite.
    const positive = assembly.add('Greater', [a(site), zero(site)]);
    const safe = assembly.add('Where', [positive, a(site), assembly.floats([1])]);
    return assembly.add('Mul', [dy, assembly.add('Mul', [y(site), assembly.add('Log', [safe])])]);
  },
};

/** dX = dY · slope, for an operator of one input. */
const unary = (slope: (site: BackwardSite) => string): GradientRule => ({
  backward: (site) => [site.assembly.add('Mul', [site.dy, slope(site)])],
});

const none: GradientRule = { backward: () => [] };

export const arithmetic: GradientRules = {
  Add: broadcasting(pass, pass),
  Sub: broadcasting(pass, ({ assembly, dy }) => assembly.add('Neg', [dy])),
  Mul: broadcasting(
    (site) => site.assembly.add('Mul', [site.dy, b(site)]),
    (site) => site.assembly.add('Mul', [site.dy, a(site)]),
  ),
  Div: broadcasting(
    (site) => site.assembly.add('Div', [site.dy, b(site)]),
    (site) => {
      const { assembly, dy } = site;
      return assembly.add('Neg', [assembly.add('Div', [assembly.add('Mul', [dy, y(site)]), b(site)])]);
    },
  ),
  Pow: broadcasting(powers.base, powers.exponent),
  Sum: variadic(pass),
  Mean: variadic(({ assembly, dy, node }) => assembly.add('Div', [dy, assembly.floats([node.inputs.length])])),
  Max: variadic(chosen),
  Min: variadic(chosen),
  Where: {
    backward: (site) => {
      const { assembly, dy, wants } = site;
      const condition = inputName(site, 0);
      const to = (index: number, value: string) =>
        wants(index) ? unbroadcast(assembly, value, outputShape(site), inputShape(site, index)) : undefined;
      return [
        undefined,
        to(1, assembly.add('Where', [condition, dy, zero(site)])),
        to(2, assembly.add('Where', [condition, zero(site), dy])),
      ];
    },
  },
  Identity: { backward: ({ dy }) => [dy] },
  Cast: { backward: ({ dy }) => [dy] },
  CastLike: { backward: ({ dy }) => [dy] },
  Neg: { backward: ({ assembly, dy }) => [assembly.add('Neg', [dy])] },
  Abs: unary((site) => site.assembly.add('Sign', [a(site)])),
  Sqrt: unary((site) => site.assembly.add('Div', [site.assembly.floats([0.5]), y(site)])),
  Exp: unary(y),
  Log: { backward: (site) => [site.assembly.add('Div', [site.dy, a(site)])] },
  Reciprocal: unary((site) => site.assembly.add('Neg', [site.assembly.add('Mul', [y(site), y(site)])])),
  Sin: unary((site) => site.assembly.add('Cos', [a(site)])),
  Cos: unary((site) => site.assembly.add('Neg', [site.assembly.add('Sin', [a(site)])])),
  Erf: unary((site) => {
    // erf'(x) = 2/√π · exp(−x²)
    const { assembly } = site;
    const bell = assembly.add('Exp', [assembly.add('Neg', [assembly.add('Mul', [a(site), a(site)])])]);
    return assembly.add('Mul', [assembly.floats([2 / Math.sqrt(Math.PI)]), bell]);
  }),
  // Steps: their slope is 0 wherever it exists.
  Sign: none,
  Floor: none,
  Ceil: none,
  Round: none,
};
