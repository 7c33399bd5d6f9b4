// A browser as far as forms go: pages, cookies and redirects over plain HTTP, with no script run. For scripts that
// sign in demo people where no browser is at hand; a real client opens the system's browser.
import { createHmac } from 'node:crypto';

const REDIRECTS_MAX = 20;
const PAGES_MAX = 20;
const TOTP_STEP_SECONDS = 30;

export class FormBrowser {
  #cookies = new Map();
  #values = {};
  #html = '';
  #url;

  get url() {
    return this.#url;
  }

  async open(url) {
    await this.#follow(url, { method: 'GET' });
  }

  has(id) {
    return this.#tag(id) !== undefined;
  }

  /** The text of an element without markup inside. */
  text(id) {
    const found = new RegExp(`<(\\w+)[^>]*\\sid="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(this.#html);
    return found ? unescape(found[2].replace(/<[^>]*>/g, '')).trim() : '';
  }

  fill(id, value) {
    const name = attribute(this.#tag(id) ?? '', 'name');
    if (!name) throw new Error(`the page at ${this.#url} has no field \`${id}\``);
    this.#values[name] = value;
  }

  /** Submits the form that the button belongs to. */
  async click(id) {
    const button = this.#tag(id);
    if (!button) throw new Error(`the page at ${this.#url} has no button \`${id}\``);
    const form = this.#formAround(id, button);
    const body = new URLSearchParams();
    for (const [input] of form.content.matchAll(/<input\b[^>]*>/g)) {
      const name = attribute(input, 'name');
      const toggle = /\btype="(checkbox|radio)"/.test(input);
      if (name && (!toggle || /\bchecked\b/.test(input))) body.append(name, attribute(input, 'value') ?? '');
    }
    for (const [name, value] of Object.entries(this.#values)) body.set(name, value);
    if (attribute(button, 'name')) body.set(attribute(button, 'name'), attribute(button, 'value') ?? '');
    this.#values = {};
    const target = new URL(attribute(form.tag, 'action') || this.#url, this.#url);
    if ((attribute(form.tag, 'method') ?? 'get').toLowerCase() === 'post') {
      await this.#follow(target.href, { method: 'POST', body });
    } else {
      target.search = body.toString();
      await this.#follow(target.href, { method: 'GET' });
    }
  }

  #tag(id) {
    return new RegExp(`<\\w+[^>]*\\sid="${id}"[^>]*>`).exec(this.#html)?.[0];
  }

  #formAround(id, button) {
    const named = attribute(button, 'form');
    for (const found of this.#html.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/g)) {
      const [, tag, content] = found;
      if (named ? attribute(tag, 'id') === named : content.includes(button)) return { tag, content };
    }
    throw new Error(`the button \`${id}\` at ${this.#url} stands in no form`);
  }

  async #follow(url, request) {
    let target = url;
    let { method, body } = request;
    for (let hop = 0; hop < REDIRECTS_MAX; hop++) {
      const origin = new URL(target).origin;
      const response = await fetch(target, {
        method,
        body,
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: this.#cookieHeader(origin), ...(body ? { origin } : {}) },
      });
      this.#store(origin, response.headers.getSetCookie());
      this.#url = target;
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || !location) {
        this.#html = await response.text();
        return;
      }
      target = new URL(location, target).href;
      if (response.status !== 307 && response.status !== 308) {
        method = 'GET';
        body = undefined;
      }
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects from ${url}`);
  }

  #cookieHeader(origin) {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #store(origin, setCookies) {
    const jar = this.#cookies.get(origin) ?? new Map();
    this.#cookies.set(origin, jar);
    for (const line of setCookies) {
      const [pair, ...attributes] = line.split(';');
      const name = pair.slice(0, pair.indexOf('=')).trim();
      const expired = attributes.some((text) => /^\s*max-age=0\s*$/i.test(text));
      if (expired) jar.delete(name);
      else jar.set(name, pair.slice(pair.indexOf('=') + 1).trim());
    }
  }
}

/**
 * Answers whatever page is shown until one asks for nothing more: password, second factor (enrolling it where the page
 * offers a secret, which is then kept in `person`), consent. `person` is `{ username, password, totp? }`.
 */
export async function signInByForms(browser, url, person) {
  await browser.open(url);
  for (let page = 0; page < PAGES_MAX; page++) {
    if (browser.has('error') && browser.text('error')) {
      throw new Error(`signing \`${person.username}\` in: ${browser.text('error')}`);
    }
    if (browser.has('sign-in')) {
      browser.fill('username', person.username);
      browser.fill('password', person.password);
      await browser.click('sign-in');
    } else if (browser.has('enrol')) {
      person.totp = new Totp(browser.text('totp-secret'));
      browser.fill('code', await person.totp.next());
      await browser.click('enrol');
    } else if (browser.has('verify')) {
      if (!person.totp) throw new Error(`\`${person.username}\` has a second factor whose secret is not known here`);
      browser.fill('code', await person.totp.next());
      await browser.click('verify');
    } else if (browser.has('continue')) {
      // Recovery codes, shown once.
      await browser.click('continue');
    } else if (browser.has('allow')) {
      await browser.click('allow');
    } else {
      return;
    }
  }
  throw new Error(`still not signed in after ${PAGES_MAX} pages, at ${new URL(browser.url).pathname}`);
}

/** Codes of RFC 6238 as authenticator apps make them: SHA-1, six digits, 30 s. No code is given out twice. */
export class Totp {
  #key;
  #lastStep;

  /** `lastStep` is the last step already used, for a secret kept from an earlier run. */
  constructor(base32Secret, lastStep = 0) {
    this.secret = base32Secret.replace(/[\s=]/g, '').toUpperCase();
    this.#key = base32(this.secret);
    this.#lastStep = lastStep;
  }

  get lastStep() {
    return this.#lastStep;
  }

  /** The next unused code; servers accept one step ahead, so at most one step is waited for. */
  async next() {
    const now = () => Math.floor(Date.now() / 1000 / TOTP_STEP_SECONDS);
    const step = Math.max(now(), this.#lastStep + 1);
    while (now() < step - 1) await new Promise((resolve) => setTimeout(resolve, 500));
    this.#lastStep = step;
    return this.#code(step);
  }

  #code(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac('sha1', this.#key).update(counter).digest();
    const offset = mac[mac.length - 1] & 15;
    const number = mac.readUInt32BE(offset) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, '0');
  }
}

function base32(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) throw new Error('not a base32 secret');
    bits += value.toString(2).padStart(5, '0');
  }
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

function attribute(tag, name) {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
  return found ? unescape(found[1]) : undefined;
}

function unescape(text) {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
