/**
 * The inner loop of the gear hash as a WebAssembly module, assembled here from its instructions: JavaScript has no
 * 64-bit integers that are fast. One lane, eight bytes a turn; more lanes are slower, since registers run out.
 *
 * ```
 * state = 0                                    // an exported global of 64 bits
 * next(at, end):                               // addresses in the exported memory
 *   while at < end:
 *     state = (state << 1) + table[byte[at++]]   // the table lies at address 0
 *     if state < 2⁴⁸: return at                // its 16 highest bits are zero
 *   return 0
 * ```
 */
export const gearModule = (pages: number): Uint8Array<ArrayBuffer> => {
  const code = [...locals, ...body];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
    ...section(1, [1, FUNCTION, ...vector([I32, I32]), ...vector([I32])]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(6, [1, I64, MUTABLE, I64_CONST, 0, END]),
    ...section(7, [
      3,
      ...[...name('memory'), MEMORY_EXPORT, 0],
      ...[...name('state'), GLOBAL_EXPORT, 0],
      ...[...name('next'), FUNCTION_EXPORT, 0],
    ]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
};

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0x60;
const MUTABLE = 1;
const [FUNCTION_EXPORT, MEMORY_EXPORT, GLOBAL_EXPORT] = [0, 2, 3];

const NO_RESULT = 0x40;
const BLOCK = [0x02, NO_RESULT];
const LOOP = [0x03, NO_RESULT];
const IF = [0x04, NO_RESULT];
const END = 0x0b;
const RETURN = 0x0f;
const branch = (depth: number) => [0x0c, depth];
const branchIf = (depth: number) => [0x0d, depth];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const GLOBAL_GET = [0x23, 0];
const GLOBAL_SET = [0x24, 0];
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I64_LOAD = [0x29, 3, 0]; // aligned to 2³ bytes, from the address itself
const loadByte = (offset: number) => [0x2d, 0, offset];
const I32_GREATER = 0x4b;
const I32_NOT_LESS = 0x4f;
const I64_LESS = 0x54; // unsigned
const I32_ADD = 0x6a;
const I32_SHIFT_LEFT = 0x74;
const I64_ADD = 0x7c;
const I64_SHIFT_LEFT = 0x86;

const [AT, STOP, STATE, LIMIT] = [0, 1, 2, 3];
const locals = [1, 2, I64];
const TURN = 8;
/** 2⁴⁸ as signed LEB128. It is kept in a local, and so in a register: one comparison a byte. */
const TWO_TO_48 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0x00];

const advance = (bytes: number) => [...get(AT), I32_CONST, bytes, I32_ADD, ...set(AT)];

/** Takes the byte at `AT + offset`; on a match it leaves `AT` behind that byte and breaks out `depth` levels. */
const step = (offset: number, depth: number) => [
  ...[...get(STATE), I64_CONST, 1, I64_SHIFT_LEFT],
  ...[...get(AT), ...loadByte(offset), I32_CONST, 3, I32_SHIFT_LEFT, ...I64_LOAD],
  ...[I64_ADD, ...tee(STATE)],
  ...[...get(LIMIT), I64_LESS],
  ...[...IF, ...advance(offset + 1), ...branch(depth), END],
];

const body = [
  ...[...GLOBAL_GET, ...set(STATE), I64_CONST, ...TWO_TO_48, ...set(LIMIT)],
  ...BLOCK, // a match
  ...BLOCK, // fewer than eight bytes are left
  ...LOOP,
  ...[...get(AT), I32_CONST, TURN, I32_ADD, ...get(STOP), I32_GREATER, ...branchIf(1)],
  ...Array.from({ length: TURN }, (_, offset) => step(offset, 3)).flat(),
  ...[...advance(TURN), ...branch(0)],
  END,
  END,
  ...LOOP,
  ...[...get(AT), ...get(STOP), I32_NOT_LESS],
  ...[...IF, ...get(STATE), ...GLOBAL_SET, I32_CONST, 0, RETURN, END],
  ...step(0, 2),
  ...[...advance(1), ...branch(0)],
  END,
  END,
  ...[...get(STATE), ...GLOBAL_SET, ...get(AT)],
  END,
];

/** Unsigned LEB128. */
const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];

const vector = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];
const name = (text: string) => vector([...Buffer.from(text)]);
const section = (id: number, content: readonly number[]) => [id, ...vector(content)];
