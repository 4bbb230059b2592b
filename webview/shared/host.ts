import type { Envelope, Shown } from '../contract/envelope.ts';

interface EditorApi {
  readonly postMessage: (message: unknown) => void;
  readonly setState: (state: unknown) => void;
}

declare const acquireVsCodeApi: () => EditorApi;

/** The editor behind a page: it sends everything, and hears what the user wants. */
export interface Host<Content, Up> {
  readonly send: (message: Up) => void;
  readonly listen: (receive: (message: Exclude<Envelope<Content>, { type: 'answer' }>) => void) => void;
  /** Asks for more than the page was sent: rows of something long. @param question made from the number of the question */
  readonly ask: (question: (ask: number) => Up) => Promise<unknown>;
}

export const connectHost = <Content, Up extends { readonly type: string }>(): Host<Content, Up> => {
  const editor = acquireVsCodeApi();
  const waiting = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  return {
    send: (message) => editor.postMessage(message),
    ask: (question) =>
      new Promise((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        editor.postMessage(question(asked));
      }),
    listen: (receive) => {
      // Only the editor can post to a page: it has no opener and loads no frames.
      window.addEventListener('message', ({ data }: MessageEvent<Envelope<Content>>) => {
        if (data.type === 'answer') {
          waiting.get(data.ask)?.(data.answer);
          waiting.delete(data.ask);
          return;
        }
        if (isShown(data)) editor.setState(data.restore);
        receive(data);
      });
      editor.postMessage({ type: 'ready' });
    },
  };
};

const isShown = <Content>(message: Envelope<Content>): message is Shown<Content> =>
  message.type === 'snapshot' || message.type === 'failed';
