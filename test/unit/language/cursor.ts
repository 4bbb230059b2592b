/** A text with a bar where the cursor stands: the text without it, and its offset. */
export const cursor = (marked: string): readonly [text: string, offset: number] => {
  const offset = marked.indexOf('|');
  if (offset < 0) throw new Error('There is no | in the text.');
  return [marked.slice(0, offset) + marked.slice(offset + 1), offset];
};
