// What HTML and htmx cannot do alone. Every page works without it.
(function () {
  "use strict";

  // --- Polling: slower when nothing changes, paused in a hidden tab ---------------------------------------------
  // htmx asks every 2 s; here we skip turns. Unchanged polls so far -> milliseconds between polls.
  const PACES = [[30, 2000], [60, 5000], [120, 15000], [Infinity, 60000]];
  let unchanged = 0;
  let lastPoll = 0;

  const isPoll = (element) => element instanceof Element && element.matches("[data-poll]");
  // "slowly": what the page waits for may take hours.
  const pace = ({ poll }) => poll === "slowly" ? PACES.at(-1)[1] : PACES.find(([limit]) => unchanged < limit)[1];

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPoll(event.detail.elt)) return;
    const now = Date.now();
    if (document.hidden || now - lastPoll < pace(event.detail.elt.dataset) - 500) {
      event.preventDefault();
    } else {
      lastPoll = now;
    }
  });

  // Who comes back to the page wants to know now; while it is merely open, our own schedule is enough.
  document.addEventListener("htmx:configRequest", (event) => {
    if (isPoll(event.detail.elt) && event.detail.triggeringEvent?.type === "poll") event.detail.headers["Came-Back"] = "1";
  });

  // Once an answer is in its place, who asked may be gone: `detail.elt` is then something else that is still there.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPoll(event.detail.requestConfig.elt)) return;
    const xhr = event.detail.xhr;
    unchanged = xhr.status === 200 ? 0 : unchanged + 1;
    const shown = document.getElementById("checked-at");
    const time = decodeURIComponent(xhr.getResponseHeader("Checked-At") || "");
    if (shown && time && shown.textContent !== time) shown.textContent = time;
  });

  document.addEventListener("visibilitychange", () => {
    const poll = document.querySelector("[data-poll]");
    if (document.hidden || !poll) return;
    unchanged = 0;
    lastPoll = 0;
    window.htmx.trigger(poll, "poll");
  });

  // --- After a page change by htmx: say where we are, as a real page load would --------------------------------
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "main") return;
    const start = document.querySelector("#main .error-summary") || document.querySelector("#main h1");
    if (!start) return;
    if (!start.hasAttribute("tabindex")) start.setAttribute("tabindex", "-1");
    start.focus({ preventScroll: true });
  });

  // --- Who asked for less motion: a swap begins no transition, not even one that moves nothing ------------------
  const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
  document.addEventListener("htmx:beforeTransition", (event) => {
    if (lessMotion.matches) event.preventDefault();
  });

  // --- One tap goes on -------------------------------------------------------------------------------------------
  // A finger or a mouse means it. Arrow keys and the space bar only choose, as somebody does who listens to the choices:
  // their clicks count no presses.
  document.addEventListener("click", (event) => {
    const choice = event.detail ? event.target.closest("[data-one-tap] label")?.control : null;
    if (choice?.type !== "radio") return;
    if (event.target !== choice) {
      event.preventDefault(); // else the label would click its choice, which is one press more
      choice.checked = true;
    }
    choice.form.requestSubmit();
  });

  // --- Enter in the search takes the only one that is found ------------------------------------------------------
  let isSearching = false;
  const takeOnly = (typed) => {
    const list = document.querySelector("[data-query]");
    const found = list?.querySelectorAll("[type=radio]") ?? [];
    if (!typed || list?.dataset.query !== typed || found.length !== 1 || !found[0].checked) return false;
    found[0].form.requestSubmit();
    return true;
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-search]")) return;
    isSearching = !takeOnly(event.target.elements.q.value.trim()); // the list may be of what was typed before
    if (!isSearching) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "main") return;
    if (isSearching) takeOnly(document.getElementById("search")?.value.trim());
    isSearching = false;
  });

  // --- Copying and sharing a link: a button is there only where it can work --------------------------------------
  const showLinkButtons = () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of document.querySelectorAll("[data-share]")) button.hidden = !navigator.share;
  };
  document.addEventListener("DOMContentLoaded", showLinkButtons);
  document.addEventListener("htmx:afterSettle", showLinkButtons);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-share]");
    if (!button) return;
    if (button.dataset.share) {
      const url = document.getElementById(button.dataset.share).value;
      navigator.share({ url, text: button.dataset.text }).catch(() => {}); // closed without choosing anybody
      return;
    }
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.copied;
  });

  // --- Telling this browser when something changes: only where that can be, and only when somebody asks for it ----
  const pushForms = () => document.querySelectorAll("[data-push-key]");
  const canBeTold = () => "serviceWorker" in navigator && "PushManager" in window && Notification.permission !== "denied";
  const showPushForms = () => {
    for (const form of pushForms()) form.hidden = !canBeTold();
  };
  document.addEventListener("DOMContentLoaded", showPushForms);
  document.addEventListener("htmx:afterSettle", showPushForms);

  const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  // `navigator.serviceWorker.ready` never comes on a page that htmx brought to where the worker is for.
  const isActive = (registration) => registration.active || new Promise((resolve) => {
    const worker = registration.installing || registration.waiting;
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
  const subscription = async (form) => {
    const registration = await navigator.serviceWorker.register(form.dataset.worker, { scope: form.dataset.scope });
    await isActive(registration);
    const { pushManager } = registration;
    const key = bytesOf(form.dataset.pushKey);
    const known = await pushManager.getSubscription();
    // All requests of this browser share one; that of an earlier key of ours is of no use any more.
    if (known && String(new Uint8Array(known.options.applicationServerKey)) === String(key)) return known;
    await known?.unsubscribe();
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-push-key]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    try {
      // Asked for at once, while the press counts as the wish for it.
      if ((await Notification.requestPermission()) !== "granted") throw new Error("not allowed");
      const { endpoint, keys } = (await subscription(form)).toJSON();
      const [shown] = pushForms(); // a poll may have brought another one meanwhile, or none
      for (const [name, value] of Object.entries({ endpoint, ...keys })) shown.elements[name].value = value;
      shown.submit();
    } catch {
      for (const shown of pushForms()) shown.querySelector("[data-push-no]").hidden = false; // no, or no way to its service
    }
  }, true);

  // --- Another language: what was typed and not sent yet comes along ---------------------------------------------
  // Kept in this tab until the page is there again. A box is ticked anew: what it stands by has other words now.
  const UNSENT = "unsent";
  const keepUnsent = () => {
    const isGiven = (field) => field.type !== "radio" || field.checked;
    const kept = document.querySelectorAll("#main [data-unsent] input:not([name=csrfmiddlewaretoken])");
    const values = [...typedFields().filter(isGiven), ...kept].map((field) => [field.name, field.value]);
    sessionStorage.setItem(UNSENT, JSON.stringify({ path: location.pathname, values }));
  };
  const typedFields = () => [...document.querySelectorAll("#main form [name]:not([type=hidden], [type=checkbox], button)")];
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".languages")) keepUnsent();
  });
  document.addEventListener("DOMContentLoaded", () => {
    const { path, values, scanned } = JSON.parse(sessionStorage.getItem(UNSENT) || "{}");
    sessionStorage.removeItem(UNSENT);
    if (path !== location.pathname) return;
    for (const [name, value] of values) {
      for (const field of typedFields().filter((one) => one.name === name)) {
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    }
    const note = scanned && document.getElementById(`${typedFields().find((one) => one.name === scanned)?.id}-scanned`);
    if (note) {
      note.hidden = false;
      note.focus();
    }
  });

  // --- Scanning: offered where a hand holds the camera. It is a page of its own, and what was typed comes along -----
  const showScanLinks = () => {
    if (!navigator.mediaDevices?.getUserMedia || !matchMedia("(pointer: coarse)").matches) return;
    for (const link of document.querySelectorAll("[data-scan]")) link.hidden = false;
  };
  document.addEventListener("DOMContentLoaded", showScanLinks);
  document.addEventListener("htmx:afterSettle", showScanLinks);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-scan]")) keepUnsent();
  });

  // --- Forgotten, in this tab or another: what others show is nobody's any more ------------------------------------
  const goToStart = () => {
    const start = document.querySelector(".site-header__brand"); // pages of the desk have none, and show none of it
    if (start) window.location.replace(start.href);
  };
  const tabs = new BroadcastChannel("portal");
  tabs.addEventListener("message", goToStart);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.elt.matches("[data-leave]")) tabs.postMessage("left");
  });

  // --- When the portal does not answer: go the plain way, which shows what happened -----------------------------
  // A script's submit leaves out the button that was pressed, and a button may say what is meant.
  const submitPlain = (form, button) => {
    const pressed = Object.assign(document.createElement("input"), { type: "hidden" });
    if (button?.name) Object.assign(pressed, { name: button.name, value: button.value });
    form.append(pressed);
    form.submit();
    pressed.remove();
  };
  const goPlain = (event) => {
    if (isPoll(event.detail.elt)) {
      if (event.detail.xhr.status === 404) goToStart();
      return; // the next poll tries again
    }
    const form = event.detail.elt.closest("form");
    const link = event.detail.elt.closest("a[href]");
    if (form && event.detail.elt === form) submitPlain(form, event.detail.requestConfig.triggeringEvent?.submitter);
    else if (link) window.location.assign(link.href);
  };
  document.addEventListener("htmx:responseError", goPlain);
  document.addEventListener("htmx:sendError", goPlain);
})();
