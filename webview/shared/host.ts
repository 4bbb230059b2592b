import type { Envelope } from '../contract/envelope.ts';

interface EditorApi {
  readonly postMessage: (message: unknown) => void;
  readonly setState: (state: unknown) => void;
}

declare const acquireVsCodeApi: () => EditorApi;

/** The editor behind a page: it sends everything, and hears what the user wants. */
export interface Host<Content, Up> {
  readonly send: (message: Up) => void;
  readonly listen: (receive: (message: Envelope<Content>) => void) => void;
}

export const connectHost = <Content, Up extends { readonly type: string }>(): Host<Content, Up> => {
  const editor = acquireVsCodeApi();
  return {
    send: (message) => editor.postMessage(message),
    listen: (receive) => {
      // Only the editor can post to a page: it has no opener and loads no frames.
      window.addEventListener('message', ({ data }: MessageEvent<Envelope<Content>>) => {
        editor.setState(data.restore);
        receive(data);
      });
      editor.postMessage({ type: 'ready' });
    },
  };
};
