// The story that ops/demo tells. Usage: node demo.mjs <issuer> <gateway URL> <data folder>; see ops/demo --help.
import { randomInt } from 'node:crypto';
import { join, relative } from 'node:path';
import { ChatClient } from '../acceptance/node/lib/chat.mjs';
import { Administration, withRule, withoutRule } from './administration.mjs';
import { filesBelow, holding, holdingText } from './evidence.mjs';
import { bold, done, failed, finished, seen, show, step, tell, title } from './narrator.mjs';
import { People } from './people.mjs';
import { Undo } from './undo.mjs';

const CLIENT_ID = 'sallyport-demo';
const WHOLE_MILLIS_MAX = 240_000;
const EVENT_MILLIS_MAX = 20_000;
const HEALTH_MILLIS_MAX = 5_000;
const ENFORCED_MILLIS_MAX = 10_000;
const BETWEEN_TRIES_MILLIS = 50;
const HEX_BYTES_SHOWN = 48;
/** Long enough to be found by nothing else. */
const SAMPLE_BYTES = 32;

const RULE = `@id("demo.contractors")
@message("contractors may read here, not write")
forbid (principal is Chat::User, action == Chat::Action::"message.send", resource is Chat::Room)
when { principal has department && principal.department == "contractor" };`;
const BROKEN_RULE = RULE.replace('principal.department ==', 'principal.departmnt ==');

const [issuer, gatewayUrl, data] = process.argv.slice(2);
const started = Date.now();
/** What must be put right again however the demo ends. */
const undo = new Undo();

let ending = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => end(130, 'interrupted'));
setTimeout(() => end(1, `it is not over after ${WHOLE_MILLIS_MAX / 1000} s`), WHOLE_MILLIS_MAX).unref();
try {
  await tellTheStory();
  await end(0);
} catch (error) {
  await end(1, explain(error));
}

/** Puts things right again and leaves. Only the first reason counts. */
async function end(status, reason) {
  if (ending) return;
  ending = true;
  if (reason) failed(reason);
  const failures = await undo.all();
  for (const [what, error] of failures) failed(`${what}: ${explain(error)}`);
  if (status === 0 && failures.length === 0) {
    finished(`That was the main job, in ${((Date.now() - started) / 1000).toFixed(0)} s. Every step went as it should.`);
    tell('Next: sign in as alice at the auth-server, with the password that ops/run printed; then read README.md.');
  }
  process.exit(status || (failures.length ? 1 : 0));
}

async function tellTheStory() {
  await mustBeUp('auth-server', issuer);
  await mustBeUp('gateway', gatewayUrl);
  const people = new People(data);
  title('Sallyport: two doors, the token and the policy; what passes is sealed so that the relay cannot read it.');

  step('Dora and Emil sign in');
  const dora = await signIn(people.get('dora'));
  const emil = await signIn(people.get('emil'));
  seen('who signs in, from where, and that both factors were right. It keeps passwords only as Argon2 hashes.');

  step('Their devices get credentials, their tokens are exchanged');
  await registerDevice(dora);
  await registerDevice(emil);
  const claims = claimsOf(await dora.client.gatewayToken());
  done(
    `exchanged: Dora's gateway token is for ${claims.aud}, scope "${claims.scope}", bound to her key and her device, ` +
      `good for ${claims.exp - claims.iat} s`,
  );
  seen('public keys. Both private keys, one for tokens and one for messages, never left these processes.');

  step('Both open a socket to the gateway, Dora makes a room');
  const roomId = await meet(dora, emil);
  seen('who is in the room, which device each uses, and the MLS epoch. Not the keys of the room.');

  step('A sealed message each way');
  const sent = [];
  sent.push(await pass(dora, emil, roomId, `the north door opens with ${digits()} today`));
  sent.push(await pass(emil, dora, roomId, `understood, and the spare key is number ${digits()}`));
  tell("What the gateway stored of Emil's message begins so:");
  show(hex(sent[1].sealed));
  seen('room, sender, time, size, epoch and the sealed bytes.');

  step("Searching the servers' files for what was said");
  await search(sent);

  step('An admin looks at who may write');
  const admin = await signIn(people.get('demo-admin'), 'openid chat.read admin');
  const administration = new Administration(admin.client.authApi, admin.client.gatewayApi);
  const base = await cleanPolicies(administration);
  done(`policy version ${base.version} is active`);
  tell('She writes a rule, with a slip of the pen:');
  show(BROKEN_RULE);
  await refusedText(administration, base);

  step('The rule, spelled right, takes effect on the open socket');
  await markAsContractor(administration);
  const rollback = await forbid(administration, base, emil, dora, roomId);

  step('Rolled back');
  await restore(rollback, emil, dora, roomId);
  seen('every one of these changes, by whom and when: they are in the audit trail.');

  step('Emil is put out of the room, and so out of its keys');
  await putOut(emil, dora, roomId);
  seen('who was put out, by whom, and that a Commit declares it. The keys of the new epoch are sealed in it.');
}

async function mustBeUp(name, url) {
  let answer;
  try {
    answer = await fetch(`${url}/actuator/health`, { signal: AbortSignal.timeout(HEALTH_MILLIS_MAX) });
  } catch (error) {
    const code = error.cause?.code ?? error.message;
    throw new Error(
      /CERT|SELF_SIGNED|VERIFY/.test(code)
        ? `the certificate of ${url} is not believed (${code}). Name it, or who signed it, with --trust PEM`
        : `nothing answers at ${url} (${code}). Is ops/run running, with the same ports?`,
    );
  }
  if (!answer.ok) throw new Error(`the ${name} at ${url} is not healthy (${answer.status}); see the logs in ${data}/logs`);
}

/** A person at a device, with what has arrived there. */
async function signIn(person, scope) {
  const arrived = [];
  const waiting = new Set();
  const arrive = (event) => {
    arrived.push(event);
    for (const look of [...waiting]) look();
  };
  const names = ['message', 'invited', 'joined', 'membersChanged', 'event', 'caughtUp', 'closed', 'unreadable', 'failed'];
  const on = Object.fromEntries(names.map((name) => [name, (what) => arrive({ name, what })]));
  const client = new ChatClient({ issuer, gatewayUrl, clientId: CLIENT_ID, on });

  const first = !person.enrolled;
  const identity = await client.signIn((url) => person.signInAt(url), scope ? { scope } : {});
  const how = first ? 'password, then an authenticator enrolled from the secret on the page' : 'password and one-time code';
  done(`${person.name}: ${how}; consent; code with PKCE; tokens bound to a key of this device (${identity.amr?.join(', ')})`);
  return {
    name: person.name,
    client,
    /** The first thing of this name that matches; what is skipped or taken is gone. */
    async next(name, matches = () => true) {
      const find = () => {
        const at = arrived.findIndex((event) => event.name === name && matches(event.what));
        return at < 0 ? undefined : arrived.splice(at, 1)[0];
      };
      const found = await new Promise((resolve, reject) => {
        const look = () => {
          const event = find();
          if (!event) return;
          clearTimeout(limit);
          waiting.delete(look);
          resolve(event);
        };
        const limit = setTimeout(() => {
          waiting.delete(look);
          const instead = arrived.map((event) => `${event.name} ${event.what?.reason ?? event.what?.message ?? ''}`.trim());
          reject(new Error(`${person.name} waited ${EVENT_MILLIS_MAX / 1000} s for \`${name}\`; got: ${instead.join(', ') || 'nothing'}`));
        }, EVENT_MILLIS_MAX);
        waiting.add(look);
        look();
      });
      return found.what;
    },
  };
}

async function registerDevice({ name, client }) {
  const { deviceId } = await client.registerDevice(`${name}'s demo`);
  undo.add(`removing ${name}'s device`, () => client.authApi.delete(`v1/devices/${deviceId}`));
  done(`${name}'s device ${short(deviceId)}: the issuer vouches for its MLS key, so that the others need not trust the relay`);
}

async function meet(dora, emil) {
  await dora.client.connect({ how: 'headers' });
  await emil.client.connect({ how: 'first-frame' });
  undo.add('closing the sockets', () => [dora, emil].forEach(({ client }) => client.disconnect()));
  done('Dora by headers, Emil by a first frame, as a browser must; both proved their keys');
  await emil.client.publishKeyPackages();
  await dora.client.publishKeyPackages();
  const roomId = await dora.client.createRoom('Demo');
  await dora.client.invite(roomId, emil.client.userId);
  await emil.next('invited', (invitation) => invitation.roomId === roomId);
  await emil.client.join(roomId);
  done(`room ${short(roomId)}: Dora invited Emil, Emil joined`);
  await dora.client.add(roomId, emil.client.userId);
  await emil.next('joined', (welcome) => welcome.roomId === roomId);
  const [hers, his] = [dora, emil].map(({ client }) => client.group(roomId));
  if (hers.epochAuthenticator !== his.epochAuthenticator) throw new Error('the two do not stand in the same MLS group');
  done(`MLS: added with a Commit and a Welcome; both are in epoch ${his.epoch}, authenticator ${his.epochAuthenticator.slice(0, 16)}…`);
  return roomId;
}

/** Seals, sends, and waits until the other has opened it. */
async function pass(from, to, roomId, text) {
  const sealed = await from.client.group(roomId).encrypt(text);
  const accepted = await from.client.socket.send(roomId, sealed);
  const { text: opened } = await to.next('message', (message) => message.seq === accepted.seq);
  if (opened !== text) throw new Error(`${to.name} read something else than ${from.name} wrote`);
  done(`${from.name} → ${to.name}: ${bold(`"${text}"`)}`);
  tell(`  ${sealed.length} sealed bytes, entry ${accepted.seq}, durability ${accepted.durability.toLowerCase()}`);
  return { text, sealed: Buffer.from(sealed) };
}

async function search(sent) {
  const files = filesBelow(...['gateway', 'auth', 'postgres', 'logs'].map((folder) => join(data, folder)));
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  for (const { text, sealed } of sent) {
    const readable = holdingText(files, text);
    if (readable.length) throw new Error(`the plaintext was found in ${readable.join(', ')}`);
    const places = holding(files, sealed.subarray(-SAMPLE_BYTES));
    if (!places.length) throw new Error('the sealed bytes were not found, so this search proves nothing');
    done(`the sealed bytes of "${text.slice(0, 20)}…" are in ${places.map((path) => relative(data, path)).join(', ')}`);
  }
  done(
    `the words are nowhere: not in ${files.length} files (${megabytes.toFixed(1)} MB) of databases and logs, ` +
      'as UTF-8, UTF-16, hex or base64',
  );
}

/** The active policies; what an interrupted demo left behind is taken out first. */
async function cleanPolicies(administration) {
  const active = await administration.activePolicies();
  const policies = withoutRule(active.policies);
  if (policies === active.policies) return active;
  tell('An earlier demo was interrupted and left its rule behind: taking it out.');
  const version = await administration.activate(policies, 'ops/demo: clean up', active.version);
  return { ...active, policies, version };
}

async function refusedText(administration, base) {
  const problems = await administration.problemsOf(withRule(base.policies, BROKEN_RULE));
  if (!problems.length) throw new Error('a policy with a misspelled attribute was found good');
  const [{ line, column, message, help }] = problems;
  done(`refused before it could do harm: line ${line}, column ${column}: ${message}${help ? ` (${help})` : ''}`);
}

async function markAsContractor(administration) {
  const account = await administration.account('emil');
  const { department, ...others } = account.attributes ?? {};
  const before = department === 'contractor' || department === undefined ? others : { ...others, department };
  undo.add("restoring Emil's department", () => administration.setAttributes(account, before));
  await administration.setAttributes(account, { ...others, department: 'contractor' });
  done("Emil's department is now \"contractor\"");
}

/** Yields what takes the rule back. */
async function forbid(administration, base, emil, dora, roomId) {
  const version = await administration.activate(withRule(base.policies, RULE), 'ops/demo: contractors read only', base.version);
  const activated = Date.now();
  const rollback = undo.add('rolling the policy back', () => administration.rollBackTo(base.version, version));
  done(`version ${version} is active`);

  const refused = await until('the refusal', async () => {
    try {
      await emil.client.say(roomId, 'may I still write?');
      return undefined;
    } catch (error) {
      if (error.code !== 'policy_denied') throw error;
      return error;
    }
  });
  done(`Emil's message is refused on his open socket, ${Date.now() - activated} ms after activation:`);
  show(refused.message);
  await pass(dora, emil, roomId, 'Emil still reads this');

  const { determining } = await until('the record of the decision', () => administration.decision(refused.decisionId));
  if (!determining.includes('demo.contractors')) {
    throw new Error(`decision ${refused.decisionId} names ${determining.join(', ') || 'no policy'} instead of demo.contractors`);
  }
  done(`the admin looks decision ${short(refused.decisionId)} up: it was policy ${bold('demo.contractors')}`);
  return rollback;
}

async function restore(rollback, emil, dora, roomId) {
  const version = await rollback.now();
  const activated = Date.now();
  done(`version ${version} is active: a rollback is a new version, so that none can be replayed`);
  await until('the gateway to take the rollback', async () => {
    try {
      return await emil.client.say(roomId, 'and now?');
    } catch (error) {
      if (error.code !== 'policy_denied') throw error;
      return undefined;
    }
  });
  done(`Emil writes again, ${Date.now() - activated} ms later`);
  await dora.next('message', ({ text }) => text === 'and now?');
}

/** The relay lets nobody seal for who is out: a member's client takes him out of the MLS group first. */
async function putOut(emil, dora, roomId) {
  await dora.client.gatewayApi.post(`v1/rooms/${roomId}/kicks`, { user_id: emil.client.userId });
  const before = dora.client.group(roomId).epoch;
  const { seq } = await dora.client.say(roomId, 'the north door has a new lock');
  const [hers, his] = [dora, emil].map(({ client }) => client.group(roomId));
  if (hers.epoch <= before || his.epoch >= hers.epoch) throw new Error("the group's keys are still Emil's");
  done(`Dora wrote on: her client committed his removal before, and sealed entry ${seq} in epoch ${hers.epoch}`);
  try {
    await emil.client.gatewayApi.get(`v1/rooms/${roomId}/log?after=${seq - 1}`);
  } catch (error) {
    if (error.status !== 403 && error.status !== 404) throw error;
    done(`Emil stands in epoch ${his.epoch}, and the relay gives him nothing more: ${error.status}`);
    return;
  }
  throw new Error('Emil was given an entry from after he was put out');
}

async function until(what, attempt) {
  const deadline = Date.now() + ENFORCED_MILLIS_MAX;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`waited ${ENFORCED_MILLIS_MAX / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MILLIS));
  }
}

/** To be shown only: who relies on a token checks its signature. */
function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
}

function digits() {
  return String(randomInt(100_000_000)).padStart(8, '0');
}

function hex(bytes) {
  const shown = bytes.subarray(0, HEX_BYTES_SHOWN).toString('hex');
  return shown.match(/.{1,32}/g).map((line) => line.match(/../g).join(' ')).join('\n') + ' …';
}

function short(id) {
  return `…${id.slice(-8)}`;
}

/** For people: no stack, but the cause that Node hides in `cause`, and what an OAuth server said. */
function explain(error) {
  const parts = [error.error_description ?? error.message];
  if (error.error) parts.unshift(error.error);
  if (error.cause instanceof Error) parts.push(error.cause.message);
  if (error.cause instanceof Response) parts.push(`${error.cause.status} from ${error.cause.url}`);
  if (error.decisionId) parts.push(`decision ${error.decisionId}`);
  if (process.env.SALLYPORT_DEBUG) parts.push(`\n${error.stack}`);
  return parts.join(': ');
}
