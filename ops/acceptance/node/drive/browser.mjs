// Headless Chromium that a test drives. Each person has a context (cookies) of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { serve } from './lines.mjs';

const PAGE_MILLIS_MAX = 20_000;

// Quiet, and without the sandbox that a root user's Chromium refuses to start with.
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A test leaves the machine alone: pages of others may ask for fonts.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

const people = new Map();

function person(name) {
  if (!people.has(name)) people.set(name, launch(name));
  return people.get(name);
}

async function launch(name) {
  const profile = await mkdtemp(join(tmpdir(), 'sallyport-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    viewport: { width: 1000, height: 1200 },
    deviceScaleFactor: 2,
  });
  context.setDefaultTimeout(PAGE_MILLIS_MAX);
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('console', (message) => process.stderr.write(`${name}: ${message.type()}: ${message.text()}\n`));
  page.on('requestfailed', (request) => {
    const { origin, pathname } = new URL(request.url());
    process.stderr.write(`${name}: failed: ${request.method()} ${origin}${pathname}: ${request.failure()?.errorText}\n`);
  });
  return { context, page, profile };
}

const page = async (name) => (await person(name)).page;
const byId = (id) => `[id="${id}"]`;

/** What the page is, so that the test can decide: its address and which of the known elements it shows. */
async function look(name) {
  const shown = await page(name);
  const ids = await shown.$$eval('[id]', (elements) =>
    elements.filter((element) => element.checkVisibility()).map((element) => element.id),
  );
  const error = ids.includes('error') ? (await shown.locator(byId('error')).innerText()).trim() : '';
  return { url: shown.url(), title: await shown.title(), ids, error };
}

/** An action that leads to another page, and the look of that page. */
async function leadsOn(name, action) {
  const shown = await page(name);
  const [response] = await Promise.all([
    shown.waitForNavigation({ waitUntil: 'load', timeout: PAGE_MILLIS_MAX }),
    action(shown),
  ]);
  return { status: response?.status() ?? 0, ...(await look(name)) };
}

serve(
  {
    open: ({ name, url }) => leadsOn(name, (shown) => shown.goto(url)),
    look: ({ name }) => look(name),
    fill: async ({ name, id, value }) => (await page(name)).fill(byId(id), value),
    click: ({ name, id }) => leadsOn(name, (shown) => shown.click(byId(id))),
    // A button or link by what it says, on pages that are not ours.
    clickSelector: ({ name, selector }) => leadsOn(name, (shown) => shown.click(selector)),
    fillSelector: async ({ name, selector, value }) => (await page(name)).fill(selector, value),
    has: async ({ name, selector }) => ({ has: (await (await page(name)).locator(selector).count()) > 0 }),
    text: async ({ name, id }) => ({ text: (await (await page(name)).locator(byId(id)).textContent()).trim() }),
    html: async ({ name }) => ({ html: await (await page(name)).content() }),
    cookies: async ({ name }) => ({
      cookies: (await (await person(name)).context.cookies()).map(({ name: cookie, httpOnly, sameSite }) => ({
        name: cookie,
        httpOnly,
        sameSite,
      })),
    }),
    // The QR code as a camera sees it: pixels of the page, not its markup.
    qrCode: async ({ name, id }) => {
      const picture = PNG.sync.read(await (await page(name)).locator(byId(id)).screenshot());
      const code = jsqr(new Uint8ClampedArray(picture.data), picture.width, picture.height);
      if (!code) throw new Error(`no QR code can be read in \`${id}\``);
      return { text: code.data };
    },
    screenshot: async ({ name, file }) => {
      await (await page(name)).screenshot({ path: file, fullPage: true });
    },
    // A security key that this browser has, and whose owner always agrees.
    securityKey: async ({ name }) => {
      const { context, page: shown } = await person(name);
      const session = await context.newCDPSession(shown);
      await session.send('WebAuthn.enable');
      await session.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
    },
    // How the page looks on a phone and on a desk, by day and by night. Returns where it is wider than the window.
    looks: async ({ name, file }) => {
      const shown = await page(name);
      const wide = [];
      for (const [width, colorScheme] of [[320, 'light'], [390, 'dark'], [1000, 'dark'], [1000, 'light']]) {
        await shown.setViewportSize({ width, height: width < 500 ? 800 : 1000 });
        await shown.emulateMedia({ colorScheme });
        const over = await shown.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) wide.push(`${width}: ${over}`);
        if (file) await shown.screenshot({ path: `${file}-${width}-${colorScheme}.png`, fullPage: true });
      }
      return { wide };
    },
    forget: async ({ name }) => {
      const { context, profile } = await person(name);
      people.delete(name);
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  },
  async () => {
    for (const launched of people.values()) {
      const { context, profile } = await launched;
      await context.close();
      await rm(profile, { recursive: true, force: true });
    }
  },
);
