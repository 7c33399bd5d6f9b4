// The MLS client alone, without servers: for the test that the two implementations understand each other.
import { createLocalJWKSet } from 'jose';
import { CredentialVerifier, DeviceKey } from '../lib/device.mjs';
import { MlsDevice } from '../lib/mls.mjs';
import { serve } from './lines.mjs';

let deviceKey;
let device;
let group;
const keyPackages = [];

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytes = (text) => Buffer.from(text, 'base64');
const state = () => ({ epoch: group.epoch, authenticator: group.epochAuthenticator, members: group.members });

serve({
  async deviceKey() {
    deviceKey = await DeviceKey.generate();
    return { publicKey: base64(deviceKey.publicKey) };
  },
  async device({ issuer, jwks, credential }) {
    const verifier = new CredentialVerifier(issuer, createLocalJWKSet(jwks));
    device = await MlsDevice.of({ credential, deviceKey, verifier });
  },
  async keyPackage() {
    keyPackages.push(await device.keyPackage());
    return { keyPackage: base64(keyPackages.at(-1).bytes) };
  },
  async createGroup({ roomId }) {
    group = await device.createGroup(roomId);
    return state();
  },
  async add({ keyPackage }) {
    const pending = await group.add([bytes(keyPackage)]);
    pending.apply();
    return { commit: base64(pending.commit), welcome: base64(pending.welcome), ...state() };
  },
  async join({ welcome }) {
    group = await device.join(bytes(welcome), keyPackages);
    return state();
  },
  async encrypt({ text }) {
    return { message: base64(await group.encrypt(text)) };
  },
  async receive({ message }) {
    return { text: await group.receive(bytes(message)), ...state() };
  },
});
