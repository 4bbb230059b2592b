import { StringDecoder } from 'node:string_decoder';

export interface LineSplitter {
  /** Takes the next bytes and hands on every line that they end. */
  readonly push: (bytes: Uint8Array) => void;
  /** Hands on a last line that no line end closed. */
  readonly end: () => void;
}

/**
 * Splits UTF-8 bytes into lines, whatever pieces they come in. A carriage return alone starts the line again, as a
 * terminal shows it, so that a progress bar becomes its last state. A line keeps its first `longest` characters and says
 * how many it lost: memory is bounded.
 */
export const splitLines = (onLine: (line: string) => void, longest = 16_384): LineSplitter => {
  const decoder = new StringDecoder('utf8');
  let line = '';
  let lost = 0;
  let returned = false;

  const restart = () => {
    line = '';
    lost = 0;
    returned = false;
  };
  const finish = () => {
    onLine(lost === 0 ? line : `${line} … (${lost} more characters)`);
    restart();
  };
  const extend = (text: string) => {
    if (text === '') return;
    if (returned) restart();
    const room = Math.max(0, longest - line.length);
    line += text.slice(0, room);
    lost += Math.max(0, text.length - room);
  };
  const take = (text: string) => {
    let at = 0;
    for (const end of text.matchAll(/[\r\n]/g)) {
      extend(text.slice(at, end.index));
      if (end[0] === '\n') finish();
      else returned = true;
      at = end.index + 1;
    }
    extend(text.slice(at));
  };

  return {
    push: (bytes) => take(decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))),
    end: () => {
      take(decoder.end());
      if (line !== '' || lost > 0) finish();
    },
  };
};
