// A chat client: what the other modules are for, put together. One instance is one device of one person.
import { Api } from './http.mjs';
import { CredentialVerifier, DeviceKey, registerDevice } from './device.mjs';
import { Cursors, GatewaySocket } from './socket.mjs';
import { DpopKey } from './dpop.mjs';
import { MlsDevice } from './mls.mjs';
import { signIn } from './oidc.mjs';

const SCOPE = 'openid profile offline_access chat.read chat.write';
const KEY_PACKAGES = 5;

/** A socket's token is renewed after this part of its life, while there is time to try again. */
const REFRESH_AFTER = 2 / 3;

/** Entries kept for a room whose Welcome is still on its way: it travels by the inbox, they by the room. */
const EARLY_ENTRIES_MAX = 1000;

/** Refusals of the contract that a client answers itself. */
const REMOVAL_PENDING = 'removal_pending';
const STALE_EPOCH = 'stale_epoch';

export class ChatClient {
  #settings;
  #dpop;
  #tokens;
  #deviceKey;
  #mls;
  #groups = new Map();
  #keyPackages = [];
  #cursors = new Cursors();
  #early = new Map();
  #leaving = [];
  #socket;
  #refreshing;
  #inOrder = Promise.resolve();

  /**
   * `on` takes what happens: `message({roomId, seq, from, text})`, `invited({roomId, by})`, `joined({roomId})` when a
   * Welcome has been used, `membersChanged({roomId, epoch})`, `event(roomEvent)`, `caughtUp({roomId, seq, complete})`,
   * `closed({code, reason})` and `unreadable({roomId, seq, reason})`; before any of them `entry({roomId, seq, kind})` for
   * whatever the relay delivered.
   */
  constructor({ issuer, gatewayUrl, clientId, on = {} }) {
    this.#settings = { issuer, gatewayUrl, clientId };
    this.on = on;
  }

  get userId() {
    return this.#tokens.idClaims.sub;
  }

  get tokens() {
    return this.#tokens;
  }

  get dpop() {
    return this.#dpop;
  }

  get socket() {
    return this.#socket;
  }

  group(roomId) {
    return this.#groups.get(roomId);
  }

  /** Code with PKCE, all tokens bound to a key of this device from the start. */
  async signIn(openBrowser, { scope = SCOPE } = {}) {
    const { issuer, gatewayUrl, clientId } = this.#settings;
    this.#dpop = await DpopKey.generate();
    this.#tokens = await signIn({ issuer, clientId, scope, dpop: this.#dpop, openBrowser });
    this.authApi = new Api(issuer, { dpop: this.#dpop, accessToken: () => this.#tokens.access() });
    this.gatewayApi = new Api(gatewayUrl, { dpop: this.#dpop, accessToken: () => this.gatewayToken() });
    return this.#tokens.idClaims;
  }

  /** Has the issuer vouch for this device's signature key. */
  async registerDevice(name) {
    const { issuer } = this.#settings;
    this.#deviceKey = await DeviceKey.generate();
    const device = await registerDevice(this.authApi, this.#tokens, { issuer, name, deviceKey: this.#deviceKey });
    this.deviceId = device.deviceId;
    this.#mls = await MlsDevice.of({
      credential: device.credential,
      deviceKey: this.#deviceKey,
      verifier: new CredentialVerifier(issuer),
    });
    return device;
  }

  /** A fresh token for the gateway, naming this device. */
  gatewayToken(options = {}) {
    return this.#tokens.exchange({ audience: this.#settings.gatewayUrl, deviceId: this.deviceId, ...options });
  }

  /** Puts this device and its key packages into the directory, so that others can add it while it is away. */
  async publishKeyPackages(count = KEY_PACKAGES) {
    const fresh = [];
    for (let i = 0; i < count; i++) fresh.push(await this.#mls.keyPackage());
    this.#keyPackages.push(...fresh);
    await this.gatewayApi.put(`v1/devices/${this.deviceId}`, { credential: this.#mls.credential });
    await this.gatewayApi.post(`v1/devices/${this.deviceId}/key-packages`, {
      key_packages: fresh.map(({ bytes }) => base64(bytes)),
    });
  }

  /** Opens the socket and starts delivery after what this client already has. */
  async connect({ how, accessToken } = {}) {
    this.#socket = await GatewaySocket.open({
      url: this.#settings.gatewayUrl,
      accessToken: accessToken ?? (await this.gatewayToken()),
      dpop: this.#dpop,
      how,
      onFrame: (frame) => this.#enqueue(frame),
      onClose: (code, reason) => {
        clearTimeout(this.#refreshing);
        this.on.closed?.({ code, reason });
      },
    });
    this.#socket.subscribe(this.#cursors);
    this.#keepFresh(this.#socket, this.#socket.ready);
    return this.#socket.ready;
  }

  /** The socket outlives its token: a new one is put on it in band, before the gateway would close it. */
  #keepFresh(socket, { tokenExpiresAtMs }) {
    clearTimeout(this.#refreshing);
    const refresh = async () => this.#keepFresh(socket, await socket.refresh(await this.gatewayToken()));
    this.#refreshing = setTimeout(
      () => refresh().catch((error) => this.on.failed?.(error)),
      Math.max(0, (tokenExpiresAtMs - Date.now()) * REFRESH_AFTER),
    );
    this.#refreshing.unref();
  }

  disconnect() {
    clearTimeout(this.#refreshing);
    this.#socket.close();
  }

  async createRoom(name) {
    const { room_id: roomId } = await this.gatewayApi.post('v1/rooms', { name });
    this.#groups.set(roomId, await this.#mls.createGroup(roomId));
    this.#subscribeTo(roomId);
    return roomId;
  }

  async invite(roomId, userId, role = 'member') {
    await this.gatewayApi.post(`v1/rooms/${roomId}/invitations`, { user_id: userId, role });
  }

  async join(roomId) {
    await this.gatewayApi.post(`v1/rooms/${roomId}/join`, {});
    this.#subscribeTo(roomId);
  }

  /** Adds every device of a member to the room's group, by one Commit. */
  async add(roomId, userId) {
    const claimed = await this.gatewayApi.post(`v1/rooms/${roomId}/key-package-claims`, { user_ids: [userId] });
    const packages = claimed.key_packages;
    const group = this.#groups.get(roomId);
    const pending = await group.add(packages.map(({ key_package: text }) => Buffer.from(text, 'base64')));
    const accepted = await this.#socket.send(roomId, pending.commit, {
      commit: {
        adds: packages.map(({ device_id: deviceId }) => ({ userId, deviceId })),
        welcomes: packages.map(({ device_id: deviceId }) => ({ deviceId, welcome: pending.welcome })),
      },
    });
    pending.apply();
    return accepted;
  }

  /**
   * Seals and sends; resolves to the relay's acknowledgement. Where someone was put out, the room takes nothing until a
   * member has taken them out of the group too: then this one does it first.
   */
  async say(roomId, text) {
    try {
      return await this.#send(roomId, text);
    } catch (refused) {
      if (refused.code !== REMOVAL_PENDING) throw refused;
      await this.#remove(roomId, refused.removals);
      return this.#send(roomId, text);
    }
  }

  async #send(roomId, text) {
    return this.#socket.send(roomId, await this.#groups.get(roomId).encrypt(text));
  }

  /** Takes these devices out of the group, by one Commit. A member who was faster has done it as well. */
  async #remove(roomId, removals) {
    const group = this.#groups.get(roomId);
    const there = removals.filter(({ deviceId }) => group.leafOf(deviceId) >= 0);
    if (there.length === 0) return;
    const pending = await group.commit({ removes: there.map(({ deviceId }) => group.leafOf(deviceId)) });
    try {
      await this.#socket.send(roomId, pending.commit, {
        commit: { removes: there.map(({ userId, deviceId }) => ({ userId, deviceId })) },
      });
      pending.apply();
    } catch (refused) {
      if (refused.code !== STALE_EPOCH) throw refused;
      await this.#left(roomId, group.epoch);
    }
  }

  /** Resolves once the Commit that ended that epoch was delivered and taken in. */
  #left(roomId, epoch) {
    if (this.#groups.get(roomId).epoch > epoch) return Promise.resolve();
    return new Promise((resolve) => this.#leaving.push({ roomId, epoch, resolve }));
  }

  #subscribeTo(roomId) {
    this.#cursors.rooms[roomId] ??= 0;
    this.#socket?.subscribe(this.#cursors);
  }

  /** Frames are taken in one after the other: a message may need the Commit before it. */
  #enqueue(frame) {
    this.#inOrder = this.#inOrder.then(() => this.#take(frame)).catch((error) => this.on.failed?.(error));
  }

  async #take(frame) {
    switch (frame.body) {
      case 'inboxEntry':
        await this.#takeInbox(frame.inboxEntry);
        break;
      case 'roomEntry':
        await this.#takeEntry(frame.roomEntry);
        break;
      case 'caughtUp':
        this.on.caughtUp?.(frame.caughtUp);
        break;
      default:
        break;
    }
    this.#cursors.passed(frame);
  }

  async #takeInbox(entry) {
    const { roomId } = entry;
    if (entry.item === 'invitation') {
      this.on.invited?.({ roomId, by: entry.invitation.inviterUserId });
    } else if (entry.item === 'welcome') {
      const group = await this.#mls.join(entry.welcome, this.#keyPackages);
      // The group id is inside the seal: the relay cannot slip us into another room.
      if (!group || group.roomId !== roomId) throw new Error(`a Welcome to \`${roomId}\` that is for another room`);
      this.#groups.set(roomId, group);
      this.on.joined?.({ roomId, epoch: group.epoch });
      const early = this.#early.get(roomId) ?? [];
      this.#early.delete(roomId);
      for (const waiting of early) await this.#open(waiting);
    }
  }

  async #takeEntry(entry) {
    const { roomId, seq } = entry;
    this.on.entry?.({ roomId, seq, kind: entry.kind });
    if (seq <= (this.#cursors.rooms[roomId] ?? 0)) return;
    if (entry.kind === 'EVENT') {
      this.on.event?.({ roomId, seq, ...entry.event });
    } else if (this.#groups.has(roomId)) {
      await this.#open(entry);
    } else {
      const early = this.#early.get(roomId) ?? [];
      this.#early.set(roomId, [...early, entry].slice(-EARLY_ENTRIES_MAX));
    }
  }

  async #open(entry) {
    const { roomId, seq } = entry;
    const group = this.#groups.get(roomId);
    const own = entry.senderDeviceId === this.deviceId;
    // What was sealed before we were added is not for us; our own messages we have already; a tombstone is empty.
    if (own || entry.epoch < group.epoch || entry.mlsMessage.length === 0) return;
    try {
      const text = await group.receive(entry.mlsMessage);
      if (text === undefined) this.#membersChanged(roomId, group.epoch);
      else this.on.message?.({ roomId, seq, from: entry.senderUserId, text });
    } catch (error) {
      this.on.unreadable?.({ roomId, seq, reason: error.message });
    }
  }

  #membersChanged(roomId, epoch) {
    const past = (one) => one.roomId === roomId && one.epoch < epoch;
    this.#leaving.filter(past).forEach(({ resolve }) => resolve());
    this.#leaving = this.#leaving.filter((one) => !past(one));
    this.on.membersChanged?.({ roomId, epoch });
  }
}

function base64(bytes) {
  return Buffer.from(bytes).toString('base64');
}
