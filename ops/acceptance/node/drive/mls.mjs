// The MLS client alone, without servers: any number of devices, each in one group at a time.
import { createLocalJWKSet, createRemoteJWKSet } from 'jose';
import { CredentialVerifier, DeviceKey } from '../lib/device.mjs';
import { MlsDevice } from '../lib/mls.mjs';
import { serve } from './lines.mjs';

const devices = new Map();

const base64 = (bytes) => bytes && Buffer.from(bytes).toString('base64');
const bytes = (text) => text && Buffer.from(text, 'base64');

/** Calls about one device; a test that has but one need not name it. */
function of(name = '') {
  if (!devices.has(name)) devices.set(name, { keyPackages: [] });
  return devices.get(name);
}

function state({ group }) {
  return { epoch: group.epoch, authenticator: group.epochAuthenticator, members: group.members };
}

serve({
  async deviceKey({ name }) {
    const device = of(name);
    device.key = await DeviceKey.generate();
    return { publicKey: base64(device.key.publicKey) };
  },
  proof: async ({ name, issuer, accessToken }) => ({ proof: await of(name).key.proof({ issuer, accessToken }) }),
  async device({ name, issuer, jwks, credential }) {
    const device = of(name);
    const keys = jwks ? createLocalJWKSet(jwks) : createRemoteJWKSet(new URL('v1/keys/device', issuer + '/'));
    const verifier = new CredentialVerifier(issuer, keys);
    device.mls = await MlsDevice.of({ credential, deviceKey: device.key, verifier });
  },
  async keyPackage({ name }) {
    const device = of(name);
    device.keyPackages.push(await device.mls.keyPackage());
    return { keyPackage: base64(device.keyPackages.at(-1).bytes) };
  },
  async createGroup({ name, roomId, externalSender }) {
    const device = of(name);
    device.group = await device.mls.createGroup(roomId, bytes(externalSender));
    return state(device);
  },
  async add({ name, keyPackage }) {
    const device = of(name);
    const pending = await device.group.add([bytes(keyPackage)]);
    pending.apply();
    return { commit: base64(pending.commit), welcome: base64(pending.welcome), ...state(device) };
  },
  async commit({ name, keyPackages = [], removes = [] }) {
    const device = of(name);
    device.pending = await device.group.commit({ keyPackages: keyPackages.map(bytes), removes });
    const { commit, welcome, groupInfo } = device.pending;
    return { commit: base64(commit), welcome: base64(welcome), groupInfo: base64(groupInfo) };
  },
  async apply({ name }) {
    const device = of(name);
    device.group = device.pending.apply() ?? device.group;
    return state(device);
  },
  async join({ name, welcome }) {
    const device = of(name);
    device.group = await device.mls.join(bytes(welcome), device.keyPackages);
    return state(device);
  },
  async joinExternally({ name, groupInfo }) {
    const device = of(name);
    device.pending = await device.mls.joinExternally(bytes(groupInfo));
    return { commit: base64(device.pending.commit), rejoins: device.pending.rejoins };
  },
  async encrypt({ name, text }) {
    return { message: base64(await of(name).group.encrypt(text)) };
  },
  async receive({ name, message }) {
    const device = of(name);
    return { text: await device.group.receive(bytes(message)), ...state(device) };
  },
  async receiveProposal({ name, message, out }) {
    await of(name).group.receiveProposal(bytes(message), (leaf) => out.includes(leaf));
  },
  leafOf: ({ name, deviceId }) => ({ leaf: of(name).group.leafOf(deviceId) }),
});
