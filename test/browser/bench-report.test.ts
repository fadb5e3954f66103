/**
 * The page of `nats-bench --html` in a real browser, from disk as its reader opens it: every chart has marks with a
 * size, the page fits wide and narrow windows, and it asks the network for nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toHtml } from '../../src/bench/report/index.js';
import { META, sampleRun, sampleSuite, sampleSweep } from '../../src/bench/report/testing/sample.js';
import type { BenchFile } from '../../src/bench/types.js';
import { missingTool } from '../clients/support.js';
import { findChromium, launchChromium } from './chromium.js';
import { chartsSeen, crowdedLabels, groundColour, lowestContrast, overflow } from './in-page.mjs';

const executable = findChromium();
let browser: Browser | undefined;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-turbo-report-'));
  if (executable) browser = await launchChromium(executable);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach((ctx) => {
  if (!browser) missingTool(ctx, 'chromium');
});

interface Opened extends AsyncDisposable {
  page: Page;
  /** Console errors, uncaught errors and refused policies. */
  complaints: string[];
  /** Every request but the page itself. */
  requests: string[];
}

async function open(file: BenchFile, options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> {
  if (!browser) throw new Error('no browser');
  const name = join(folder, 'report.html');
  writeFileSync(name, toHtml(file));
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const url = pathToFileURL(name).href;
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url());
  });
  await page.goto(url, { waitUntil: 'load' });
  return { page, complaints, requests, [Symbol.asyncDispose]: () => context.close() };
}

const single: BenchFile = { runs: [sampleRun()], comparison: [], sweep: sampleSweep(), meta: META };

describe('the page of a measurement in a browser', () => {
  it('draws every chart of a suite on two servers', async () => {
    await using opened = await open(sampleSuite());
    const charts = await opened.page.evaluate(chartsSeen);
    expect(charts).toMatchObject({
      'ratio-rate': { charts: 1, marks: 15 },
      'bars-rate': { charts: 1, marks: 30 },
      latency: { charts: 13 },
      timeline: { charts: 15, marks: 2 },
    });
    expect(charts.latency?.marks).toBeGreaterThanOrEqual(8);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
  });

  it('shows each tab that is chosen, with data in it', async () => {
    await using opened = await open(sampleSuite());
    const { page } = opened;
    for (const [tab, chart] of [
      ...['cpu', 'p50', 'p99', 'memory'].map((id) => [`ratio-${id}`, `ratio-${id}`]),
      ...['payload', 'cpu', 'memory'].map((id) => [`throughput-${id}`, `bars-${id}`]),
    ] as [string, string][]) {
      await page.locator(`label[for="${tab}"]`).click();
      expect((await page.evaluate(chartsSeen))[chart]?.marks, chart).toBeGreaterThanOrEqual(13);
    }
    expect(opened.complaints).toEqual([]);
  });

  it('draws one run and a sweep', async () => {
    await using opened = await open(single);
    const charts = await opened.page.evaluate(chartsSeen);
    expect(Object.keys(charts).sort()).toEqual(['bars-rate', 'latency', 'sweep', 'timeline']);
    expect(charts.sweep?.marks).toBe(3 * sampleSweep().points.length);
    expect(charts.latency?.marks).toBeGreaterThanOrEqual(5);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
  });

  it.each([1200, 390])('no label lies on another in a window of %i pixels', async (width) => {
    // Millions of messages: the axis of latencies goes on to many nines.
    const large = sampleSuite();
    for (const { histogram } of large.runs) if (histogram?.[0]) histogram[0][1] *= 1e6;
    for (const file of [sampleSuite(), single, large]) {
      await using opened = await open(file, { viewport: { width, height: 800 } });
      expect(await opened.page.evaluate(crowdedLabels)).toEqual([]);
    }
  });

  it('fits a telephone, in the dark, with the same charts', async () => {
    for (const file of [sampleSuite(), single]) {
      await using opened = await open(file, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
      const { page } = opened;
      const charts = await page.evaluate(chartsSeen);
      expect(Object.values(charts).every(({ marks }) => marks > 0)).toBe(true);
      expect(charts['bars-rate']?.charts).toBe(1);
      expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
    }
  });

  it('explains the mark under the pointer', async () => {
    await using opened = await open(sampleSuite());
    const { page } = opened;
    await page.locator('#ratio svg.wide .hit').first().hover();
    const tip = page.locator('#tip');
    expect(await tip.isVisible()).toBe(true);
    expect(await tip.textContent()).toMatch(/^publish only 16 B\n10\.\d× \(/);
    await page.keyboard.press('Escape');
    expect(await tip.isVisible()).toBe(false);
  });

  it('changes between light and dark, and keeps its text readable in both', async () => {
    await using opened = await open(single, { colorScheme: 'light' });
    const { page } = opened;
    const ground = () => page.evaluate(groundColour);
    const light = await ground();
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await page.evaluate(lowestContrast)).toBeGreaterThanOrEqual(4.5);
      await page.locator('#theme').click();
    }
    expect(await ground()).toBe(light);
    await page.locator('#theme').click();
    expect(await ground()).not.toBe(light);
  });

  it('works without its script', async () => {
    await using opened = await open(sampleSuite(), { javaScriptEnabled: false });
    const { page } = opened;
    await page.locator('label[for="ratio-p99"]').click();
    expect(await page.locator('svg.wide[data-chart="ratio-p99"]').isVisible()).toBe(true);
    expect(await page.locator('#theme').isVisible()).toBe(false);
  });

  it('runs nothing that a name smuggles in', async () => {
    const evil = `</script><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;
    const { server } = sampleRun();
    const run = sampleRun({ work: evil, server: { ...server, label: evil, url: evil }, notes: [evil] });
    await using opened = await open({ ...single, runs: [run], meta: { ...META, command: evil } });
    await opened.page.locator('#throughput svg.wide .hit').first().hover();
    expect(await opened.page.title()).toContain('</script>');
    expect(await opened.page.title()).not.toBe('owned');
    expect(await opened.page.locator('img').count()).toBe(0);
    expect(opened.requests).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});
