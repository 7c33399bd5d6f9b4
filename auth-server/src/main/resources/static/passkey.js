// Asks the browser for a passkey, and sends what it answers with the form. Without it the form does nothing.
const form = document.getElementById('passkey-form');
const button = document.getElementById('use-passkey');
const problem = document.getElementById('passkey-problem');
const options = JSON.parse(form.dataset.options);
const making = form.dataset.what === 'create';

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const described = (list) => (list ?? []).map((item) => ({ ...item, id: bytes(item.id) }));

function asked() {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (making) {
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    publicKey.excludeCredentials = described(options.excludeCredentials);
  } else {
    publicKey.allowCredentials = described(options.allowCredentials);
  }
  return { publicKey };
}

function answered(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (making) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    if (response.userHandle) answer.userHandle = text(response.userHandle);
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
    ...(credential.authenticatorAttachment && { authenticatorAttachment: credential.authenticatorAttachment }),
  };
}

function say(words) {
  problem.textContent = words;
  problem.hidden = false;
  button.disabled = false;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  problem.hidden = true;
  try {
    const credential = making
      ? await navigator.credentials.create(asked())
      : await navigator.credentials.get(asked());
    form.elements.answer.value = JSON.stringify(answered(credential));
    form.submit();
  } catch (error) {
    say(error.name === 'InvalidStateError'
      ? 'This device or key has a passkey for your account already.'
      : 'That did not work, or it was cancelled. You can try again.');
  }
});

if (!window.PublicKeyCredential) {
  say('This browser knows no passkeys. Please choose another way.');
  button.disabled = true;
} else {
  button.disabled = false;
}
