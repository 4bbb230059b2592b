import { expect, test } from 'vitest';
import { pageHtml } from '../../../../extension/page/html.ts';

const html = pageHtml({
  title: '<img src=x>',
  nonce: 'n0',
  source: 'https://*.test',
  script: 'https://a.test/run.js',
  style: 'https://a.test/run.css?"',
});

test('a page allows its own script and style sheet and nothing else', () => {
  const policy = /content="(default-src[^"]*)"/.exec(html)?.[1] ?? '';
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'nonce-n0'",
    "style-src https://*.test 'nonce-n0'",
    "style-src-attr 'unsafe-inline'",
    'img-src https://*.test data:',
    'font-src https://*.test',
  ]);
  expect(policy).not.toMatch(/unsafe-eval|https:\/\/\*(?!\.test)/);
});

test('nothing is inline, and what comes in is escaped', () => {
  expect(html).not.toMatch(/<script[^>]*>[^<]/);
  expect(html).not.toMatch(/<style| on\w+=| style=/);
  expect(html).toContain('<title>&lt;img src=x&gt;</title>');
  expect(html).toContain('run.css?&quot;');
  expect(html).toContain('<meta property="csp-nonce" content="n0">');
});
