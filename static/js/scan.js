// Reads a code by the camera, and puts what it says into the field that it is for. Nothing leaves this device.
(function () {
  "use strict";

  // As browsers call them, and as the reader does that is used where a browser has none.
  const FORMATS = { qr_code: "QRCode", data_matrix: "DataMatrix", code_39: "Code39", code_128: "Code128" };
  const PAUSE = 120; // ms between two looks
  const UNSENT = "unsent"; // as in portal.js, which fills it in

  const scanner = document.getElementById("scanner");
  const view = scanner.querySelector(".scanner__view");
  const video = scanner.querySelector("video");
  const { name, back } = scanner.dataset;
  const wanted = new RegExp(scanner.dataset.form, "i");
  const unsent = JSON.parse(sessionStorage.getItem(UNSENT) || "{}");
  const kept = unsent.path === back ? unsent : { values: [] }; // what was typed for another request stays out of this one
  let stream = null;

  const say = (state) => {
    for (const words of scanner.querySelectorAll("[data-state]")) words.hidden = words.dataset.state !== state;
  };
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    view.hidden = true;
  };
  // However somebody leaves, what was typed before is there again.
  window.addEventListener("pagehide", () => {
    stop();
    sessionStorage.setItem(UNSENT, JSON.stringify({ ...kept, path: back }));
  });

  // --- Readers: each gives what the codes say that are in the picture now ---------------------------------------
  const browsersReader = async () => {
    const formats = Object.keys(FORMATS);
    const known = (await window.BarcodeDetector?.getSupportedFormats()) ?? [];
    if (!formats.every((format) => known.includes(format))) return null;
    const detector = new BarcodeDetector({ formats });
    const read = async () => (await detector.detect(video)).map((code) => code.rawValue);
    return read().then(() => read, () => null); // some know all of it and have no service that does it
  };
  const ownReader = async () => {
    await loadScript(scanner.dataset.reader);
    const overrides = { locateFile: () => scanner.dataset.wasm };
    await window.ZXingWASM.prepareZXingModule({ overrides, fireImmediately: true });
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const options = { formats: Object.values(FORMATS), tryHarder: true };
    return async () => {
      [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
      context.drawImage(video, 0, 0);
      const picture = context.getImageData(0, 0, canvas.width, canvas.height);
      return (await window.ZXingWASM.readBarcodes(picture, options)).map((code) => code.text);
    };
  };
  const loadScript = (source) => new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("script"), { src: source, onload: resolve, onerror: reject }));
  });

  // --- Looking ---------------------------------------------------------------------------------------------------
  const openCamera = async () => {
    const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...size } });
    view.hidden = false;
    video.srcObject = stream;
    await video.play();
  };
  const take = (value) => {
    kept.values = [...kept.values.filter(([other]) => other !== name), [name, value]];
    kept.scanned = name;
    navigator.vibrate?.(60);
    location.replace(back);
  };
  const look = async (read) => {
    say("looking");
    while (stream) {
      const said = await read();
      const found = said.map((text) => wanted.exec(text)).find(Boolean);
      if (found) return take(found[1]);
      if (said.length) say("other");
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
  const begin = async () => {
    say("asking");
    try {
      await openCamera();
      await look((await browsersReader()) ?? (await ownReader()));
    } catch (problem) {
      stop();
      say(problem.name === "NotAllowedError" ? "denied" : "failed");
    }
  };
  begin();
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) begin();
  });
})();
