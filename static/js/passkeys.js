// Passkeys: forms with data-passkey ask the browser for one, and send what it says. Everything else works without.
(function () {
  "use strict";

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const withBytes = (keys) => (keys || []).map((key) => ({ ...key, id: toBytes(key.id) }));

  const create = async ({ publicKey }, isAlone) => {
    const key = isAlone ? "required" : "discouraged";
    const selection = { ...publicKey.authenticatorSelection, residentKey: key, requireResidentKey: isAlone };
    if (isAlone) selection.userVerification = "required";
    const made = await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        authenticatorSelection: selection,
        challenge: toBytes(publicKey.challenge),
        user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
        excludeCredentials: withBytes(publicKey.excludeCredentials),
      },
    });
    return written(made, {
      attestationObject: toText(made.response.attestationObject),
      transports: made.response.getTransports?.() || [],
    });
  };

  const get = async ({ publicKey }) => {
    const found = await navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: toBytes(publicKey.challenge),
        allowCredentials: withBytes(publicKey.allowCredentials),
      },
    });
    const { authenticatorData, signature, userHandle } = found.response;
    return written(found, {
      authenticatorData: toText(authenticatorData),
      signature: toText(signature),
      userHandle: userHandle ? toText(userHandle) : null,
    });
  };

  const written = (key, response) => ({
    id: key.id,
    rawId: toText(key.rawId),
    type: key.type,
    response: { clientDataJSON: toText(key.response.clientDataJSON), ...response },
    clientExtensionResults: key.getClientExtensionResults(),
  });

  const options = () => JSON.parse(document.getElementById("passkey-options").textContent);
  const ways = {
    create: (form) => create(options().creation_options, form.elements.passwordless.checked),
    get: () => get(options().request_options),
    login: async (form) => {
      const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
      return get((await answer.json()).request_options);
    },
  };

  const use = async (form) => {
    const trouble = form.querySelector(".errornote[role=alert]");
    trouble.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await ways[form.dataset.passkey](form));
      form.submit();
    } catch {
      trouble.hidden = false;
    }
  };

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form);
    });
  }
})();
