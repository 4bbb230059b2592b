import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What axe calls serious or critical in the webview that is visible, one line a fault; empty when there is none.
 * Colours are those of the theme in use, so run it in each theme.
 */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  const outer = await page
    .locator('iframe.webview.ready')
    .filter({ visible: true })
    .first()
    .elementHandle({ timeout: 30_000 });
  const shell = await outer.contentFrame();
  const inner = await shell?.waitForSelector('iframe#active-frame', { state: 'attached' });
  const frame = inner === undefined ? null : await inner.contentFrame();
  if (frame === null) throw new Error('No webview is visible.');
  await frame.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await frame.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
}
