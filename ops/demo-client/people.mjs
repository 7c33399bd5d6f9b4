// The demo's people: their passwords as the auth-server's demo profile made them, and their second factors, enrolled at
// the first demo and remembered in <data>/demo, so that later ones can sign in again.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormBrowser, Totp, signInByForms } from '../acceptance/node/lib/forms.mjs';
import { tell } from './narrator.mjs';

const STEP_SECONDS = 30;

export class People {
  #file;
  #factors;
  #accounts;

  constructor(data) {
    const folder = join(data, 'demo');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    this.#file = join(folder, 'second-factors.json');
    this.#factors = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : {};
    this.#accounts = JSON.parse(readFileSync(join(data, 'auth', 'demo-accounts.json'), 'utf8'));
  }

  get(username) {
    const account = this.#accounts.find((each) => each.username === username);
    if (!account) throw new Error(`there is no demo account \`${username}\``);
    const { secret, lastStep } = this.#factors[username] ?? {};
    return new Person(account, secret && new Totp(secret, lastStep), (totp) => this.#remember(username, totp));
  }

  #remember(username, totp) {
    this.#factors[username] = { secret: totp.secret, lastStep: totp.lastStep };
    writeFileSync(this.#file + '.new', JSON.stringify(this.#factors, null, 2) + '\n', { mode: 0o600 });
    renameSync(this.#file + '.new', this.#file);
  }
}

class Person {
  #totp;
  #remember;

  constructor({ username, password }, totp, remember) {
    this.username = username;
    this.password = password;
    this.#totp = totp;
    this.#remember = remember;
    this.name = username[0].toUpperCase() + username.slice(1);
    this.enrolled = totp !== undefined;
  }

  get totp() {
    return this.#totp;
  }

  /** A new secret is kept before the server is told that it works: it must not be lost in between. */
  set totp(totp) {
    this.#totp = totp;
    this.#remember(totp);
  }

  /** Goes through the sign-in pages, as a browser would, until they send it on to the client. */
  async signInAt(url) {
    const waitSeconds = this.#totp ? secondsUntilUsable(this.#totp) : 0;
    if (waitSeconds > 0) {
      tell(`${this.name}'s last code was used a moment ago, and a code works once: waiting ${waitSeconds} s for the next.`);
    }
    try {
      await signInByForms(new FormBrowser(), url, this);
    } finally {
      if (this.#totp) this.#remember(this.#totp);
    }
  }
}

/** The server takes codes up to one step ahead. */
function secondsUntilUsable({ lastStep }) {
  return Math.max(0, Math.ceil(lastStep * STEP_SECONDS - Date.now() / 1000));
}
