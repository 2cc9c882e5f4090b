import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from './chromium.js';
import { ServedApp } from './served-app.js';

/** `SCREENSHOT=1 npx vitest run test/e2e/swagger-ui.e2e-spec.ts` renews the README's. */
const SCREENSHOT = fileURLToPath(new URL('../../docs/images/swagger-ui.png', import.meta.url));
const executablePath = findChromium();

describe.skipIf(executablePath === undefined)('Swagger UI in a browser', () => {
  let app: ServedApp;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const hosts = new Set<string>();

  beforeAll(async () => {
    app = await ServedApp.start();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1000, height: 1180 } });
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && protocol !== 'blob:') hosts.add(host);
    });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });

  afterAll(async () => {
    await browser?.close();
    await app?.end();
  });

  it('executes /classify and shows the answer, with nothing loaded from elsewhere', async () => {
    await page.goto(`${app.url}/`);
    const operation = page.locator('.opblock', {
      has: page.getByText('/classify', { exact: true }),
    });
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.locator('textarea.body-param__text').fill('[[6.2, 3.2, 5.2, 2.2]]');
    await operation.getByRole('button', { name: 'Execute' }).click();
    const answer = operation.locator('.live-responses-table .response').first();
    await answer.waitFor();
    expect(await answer.locator('.response-col_status').innerText()).toMatch(/^200/);
    expect(await answer.locator('.highlight-code').first().innerText()).toMatch(/\[\s*2\s*\]/);
    const tags = await page.locator('.opblock-tag').allInnerTexts();
    expect(tags.map((tag) => tag.split('\n')[0])).toEqual(['iris_classifier', 'Infrastructure']);
    expect([...hosts]).toEqual([new URL(app.url).host]);
    expect(complaints).toEqual([]);
    if (process.env.SCREENSHOT === undefined) return;
    await operation.locator('textarea').evaluate((area) => {
      area.setAttribute('style', 'min-height: 0; height: 60px');
    });
    await page.mouse.wheel(0, -10_000);
    await page.screenshot({ path: SCREENSHOT });
  });
});
