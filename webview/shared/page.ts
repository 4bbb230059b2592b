import type { Envelope } from '../contract/envelope.ts';
import { button, progressRing } from './controls.ts';
import { element } from './element.ts';
import { showInstant } from './format.ts';
import { connectHost, type Host } from './host.ts';
import { section, type Section } from './section.ts';

type Common = { readonly type: 'retry' } | { readonly type: 'showSidecarLog' };

export interface PageNeeds<Content, Up> {
  /** What is shown until something has arrived. */
  readonly waiting: string;
  /** The parts of the page, from the top. */
  readonly sections: (send: (message: Up) => void, ask: Host<Content, Up>['ask']) => readonly Section<Content>[];
}

interface Notice {
  readonly tone: 'loading' | 'stale' | 'failed';
  readonly text: string;
}

/** After this time a page that waits says so and offers to ask again. */
const PATIENCE_MS = 5_000;

/**
 * Joins a page to the editor: every message is the whole content, each part is drawn again only when it changed, and
 * loading, stale and failed states look the same on every page.
 */
export const runPage = <Content, Up extends { readonly type: string }>({
  waiting,
  sections,
}: PageNeeds<Content, Up>): void => {
  const host = connectHost<Content, Up | Common>();
  const root = document.getElementById('page') ?? document.body;
  const notice = section<Notice | null>('notice', (shown) => (shown === null ? null : drawNotice(shown, host.send)));
  const parts = sections(host.send, host.ask);
  notice.show({ tone: 'loading', text: waiting });
  root.replaceChildren(notice.element, ...parts.map((part) => part.element));
  for (const part of parts) part.element.hidden = true;
  const patience = setTimeout(() => {
    notice.show({ tone: 'failed', text: `${waiting} It takes longer than it should.` });
  }, PATIENCE_MS);
  host.listen((message) => {
    clearTimeout(patience);
    root.setAttribute('aria-busy', 'false');
    notice.show(noticeOf(message));
    if (message.type !== 'snapshot') return;
    for (const part of parts) part.show(message.content);
  });
};

const noticeOf = (message: Exclude<Envelope<unknown>, { type: 'answer' }>): Notice | null => {
  if (message.type === 'working') return { tone: 'loading', text: sayWork(message) };
  if (message.type === 'failed')
    return { tone: 'failed', text: [message.message, message.hint ?? ''].join(' ').trim() };
  if (message.staleSince === null) return null;
  return {
    tone: 'stale',
    text: `The sidecar is away since ${showInstant(message.staleSince)}. This is what was known then.`,
  };
};

const sayWork = ({ note, fraction }: Extract<Envelope<unknown>, { type: 'working' }>): string =>
  fraction === null ? `${note} …` : `${note} … ${Math.floor(fraction * 100)} %`;

const drawNotice = ({ tone, text }: Notice, send: (message: Common) => void): HTMLElement =>
  element(
    'div',
    { class: `notice-box ${tone}`, role: tone === 'failed' ? 'alert' : 'status' },
    tone === 'loading' ? progressRing() : null,
    element('p', {}, text),
    tone === 'loading'
      ? null
      : element(
          'div',
          { class: 'actions' },
          button({ label: 'Retry', look: 'primary', act: () => send({ type: 'retry' }) }),
          button({ label: 'Show Log', look: 'secondary', act: () => send({ type: 'showSidecarLog' }) }),
        ),
  );
