import { intAttribute } from '../attributes.ts';
import type { Attributes, Node } from '../model.ts';
import { blockedDomain } from '../model.ts';

/**
 * Values in the layout that ONNX Runtime calls NCHWc: `[N, C/b, H, W, b]`, blocks of b channels lying side by side, so
 * that a kernel loads the channels of a pixel as one vector. Formally they keep the shape `[N, C, H, W]`. Its
 * convolutions need no copy of the image per tap and run faster than those on plain values.
 *
 * A value has one name, whatever its layouts: it is turned over when an operator needs the other one, and only once.
 */
export interface BlockedValues {
  /** b: how many channels lie side by side. */
  readonly block: number;
  /** Whether the value lies in this layout already. */
  readonly has: (value: string) => boolean;
  /** Whether this is the blocked form of a value. */
  readonly isBlocked: (name: string) => boolean;
  /** The value in this layout; C must be a multiple of b. */
  readonly of: (value: string) => string;
  /** Says that `blocked` is `value`. Its plain form is made when an operator reads it. */
  readonly declare: (value: string, blocked: string, channels: number) => void;
  /** Gives a blocked value a name, with as many channels as another one that was declared; returns the name. */
  readonly like: (other: string, blocked: string) => string;
  /** The value `[N, C, H, W]` as rows of pixels, `[N, H, W, C]`. */
  readonly pixels: (value: string, channels: number) => string;
  /** An operator that works on this layout; returns the blocked value that it makes. */
  readonly add: (op: string, inputs: readonly string[], attributes?: Attributes) => string;
  /** Like `add` with an operator of the standard that treats each cell alike, or that knows the layout. */
  readonly addPlain: (op: string, inputs: readonly string[], attributes?: Attributes) => string;
  /** Sees to it that the values lie in plain form. */
  readonly settle: (values: readonly string[]) => void;
}

interface Workshop {
  readonly block: number;
  readonly name: () => string;
  readonly insert: (node: Omit<Node, 'name'>) => void;
}

export const createBlockedValues = ({ block, name, insert }: Workshop): BlockedValues => {
  const blockedOf = new Map<string, string>();
  const forms = new Set<string>();
  const pixelsOf = new Map<string, string>();
  const channelsOf = new Map<string, number>();
  /** Values that lie in this layout only. */
  const owed = new Set<string>();

  const make = (domain: string, op: string, inputs: readonly string[], attributes: Attributes, output = name()) => {
    insert({ op, domain, inputs, outputs: [output], attributes });
    return output;
  };
  const turnedBack = (channels: number, order: 0 | 1): Attributes => ({
    channels: intAttribute(channels),
    channels_last: intAttribute(order),
  });
  const settle = (values: readonly string[]): void => {
    for (const value of values) {
      if (!owed.delete(value)) continue;
      const channels = channelsOf.get(value) ?? 0;
      make(blockedDomain, 'ReorderOutput', [blockedOf.get(value) ?? ''], turnedBack(channels, 0), value);
    }
  };
  const of = (value: string): string => {
    const found = blockedOf.get(value) ?? make(blockedDomain, 'ReorderInput', [value], {});
    blockedOf.set(value, found);
    forms.add(found);
    return found;
  };

  const declare: BlockedValues['declare'] = (value, blocked, channels) => {
    blockedOf.set(value, blocked);
    forms.add(blocked);
    channelsOf.set(value, channels);
    owed.add(value);
  };

  return {
    block,
    isBlocked: (value) => forms.has(value),
    has: (value) => channelsOf.has(value),
    of,
    declare,
    like: (other, blocked) => {
      const value = name();
      declare(value, blocked, channelsOf.get(other) ?? 0);
      return value;
    },
    pixels: (value, channels) => {
      const found = pixelsOf.get(value) ?? make(blockedDomain, 'ReorderOutput', [of(value)], turnedBack(channels, 1));
      pixelsOf.set(value, found);
      return found;
    },
    add: (op, inputs, attributes = {}) => make(blockedDomain, op, inputs, attributes),
    addPlain: (op, inputs, attributes = {}) => make('', op, inputs, attributes),
    settle,
  };
};
