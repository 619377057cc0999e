/**
 * What the page tests share: a server (the real one when run.mjs started it, else the mock), a browser, signed-in pages
 * whose console must stay clean, and the accessibility check.
 */
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { mock } from '../mock/server.mjs';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** The server of all tests, which run.mjs started. */
function sharedServer() {
  return { ...JSON.parse(process.env.QUDAO_SERVER), close: async () => {} };
}

async function mockServer() {
  const server = mock({ orders: 600 });
  return {
    base: await server.listen(),
    email: 'admin@example.com',
    password: 'demo',
    real: false,
    mock: server,
    close: server.close,
  };
}

export async function world() {
  const server = await (process.env.QUDAO_SERVER ? sharedServer() : mockServer());
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ARGUMENTS,
  });
  const contexts = [];
  let session;

  /** A page of its own person: `phone`, `dark`, `language`, `signedIn` (default true). */
  async function open(path = '/', { phone = false, dark = false, language = 'zh-CN', signedIn = true } = {}) {
    const context = await browser.newContext({
      baseURL: server.base,
      viewport: phone ? { width: 390, height: 844 } : { width: 1440, height: 900 },
      hasTouch: phone,
      locale: language,
      colorScheme: dark ? 'dark' : 'light',
      timezoneId: 'America/New_York',
      storageState: signedIn ? await state(language) : undefined,
      reducedMotion: 'reduce',
    });
    contexts.push(context);
    context.setDefaultTimeout(45_000);
    const page = await context.newPage();
    page.problems = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) page.problems.push(message.text());
    });
    page.on('pageerror', (error) => page.problems.push(`page: ${error.message}`));
    await page.goto(path);
    return page;
  }
  /** Signed in once for all tests, in the language that is asked for. */
  async function state(language) {
    session ??= await signInOnce();
    await fetch(`${server.base}/api/v1/me`, {
      method: 'PATCH',
      headers: { ...session.headers, 'content-type': 'application/json', origin: server.base },
      body: JSON.stringify({ locale: language }),
    });
    const origins = [
      {
        origin: server.base,
        localStorage: [
          { name: 'qudao.here', value: '1' },
          { name: 'qudao.language', value: language },
        ],
      },
    ];
    return { cookies: session.cookies, origins };
  }
  async function signInOnce() {
    const context = await browser.newContext({ baseURL: server.base });
    const answer = await context.request.post('/api/v1/session', {
      data: { email: server.email, password: server.password },
      headers: { origin: server.base },
    });
    if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
    const { cookies } = await context.storageState();
    await context.close();
    return { cookies, headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } };
  }
  /** A call of another window. */
  async function call(method, path, body, headers = {}) {
    session ??= await signInOnce();
    const response = await fetch(`${server.base}/api/v1${path}`, {
      method,
      headers: {
        ...session.headers,
        origin: server.base,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : undefined;
    if (!response.ok)
      throw Object.assign(new Error(`${method} ${path}: ${response.status} ${text.slice(0, 400)}`), {
        status: response.status,
        answer,
      });
    return answer;
  }
  return {
    server,
    open,
    call,
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      await server.close();
    },
  };
}

/** Nothing fades in or out any more; what turns for ever (a spinner) does not count. */
async function still(page) {
  await page.evaluate(async () => {
    const moves = (a) => a.playState === 'running' && Number.isFinite(a.effect?.getComputedTiming().endTime);
    for (let calm = 0, frames = 0; calm < 10 && frames < 600; frames++) {
      await new Promise(requestAnimationFrame);
      calm = document.getAnimations().some(moves) ? 0 : calm + 1;
    }
  });
}

/** No violation of WCAG A and AA that a program can see. */
export async function accessible(page) {
  await still(page);
  const { violations } = await page.evaluate(
    `(() => { ${axe}; return axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }); })()`,
  );
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 3)
        .map(({ target, failureSummary }) => `${target} ${failureSummary?.split('\n')[1] ?? ''}`)
        .join(' | ')}`,
  );
}
/** Everything that the page asked for has come and is drawn. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const waiting = document.querySelector('.mantine-Skeleton-root, [aria-busy=true], .grid-loading, .starting');
    const undrawn = [...document.querySelectorAll('.chart-area')].some((chart) => !chart.querySelector('svg path'));
    return !waiting && !undrawn && document.fonts.status === 'loaded';
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
/** What is pressed on a phone and is less than 44 px, by what a finger hits around its middle. */
export const tooSmall = (page) =>
  page.evaluate(() => {
    const FINGER = 44;
    const small = [];
    const pressed = 'a[href],button,input,select,textarea,[role=button],[role=option],[role=menuitem],[role=tab]';
    for (const element of document.querySelectorAll(pressed)) {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const labels = [...(element.labels ?? [])];
      const hits = (at, under) => {
        const hit = document.elementFromPoint(at, under);
        return hit !== null && (element.contains(hit) || labels.some((label) => label.contains(hit)));
      };
      if (element.disabled || !box.width || !hits(x, y)) continue;
      const reach = (right, down) => {
        let far = 0;
        while (far < FINGER && hits(x + right * (far + 1), y + down * (far + 1))) far++;
        return far;
      };
      // Rounded off: half a pixel is nobody's miss.
      const width = Math.max(Math.round(box.width), reach(1, 0) + reach(-1, 0) + 1);
      const height = Math.max(Math.round(box.height), reach(0, 1) + reach(0, -1) + 1);
      if (width < FINGER || height < FINGER)
        small.push(`${width}×${height} ${element.getAttribute('aria-label') ?? element.textContent}`);
    }
    return small;
  });
/** Scrolls sideways: the window, or a part of the page that is not meant to. */
export const tooWide = (page) =>
  page.evaluate(() => {
    const meant = '.stages, .views, .filter, .grid, .lines-scroll, .mini-scroll, .mantine-Table-scrollContainer';
    const wide = [...document.querySelectorAll('*')].filter(
      (element) =>
        element.clientWidth > 0 &&
        element.scrollWidth > element.clientWidth + 1 &&
        /auto|scroll/.test(getComputedStyle(element).overflowX) &&
        !element.matches(meant),
    );
    return document.documentElement.scrollWidth > window.innerWidth || wide.length > 0;
  });

/** A refused call is a line in the console; a test that wants one says so. */
export const unexpected = (page, ...expected) =>
  page.problems.filter((text) => !expected.some((one) => text.includes(one)));
