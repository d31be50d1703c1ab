// Shows what the portal tells this browser, and opens the page when somebody taps it. It keeps no page and no answer.
"use strict";

self.addEventListener("push", (event) => {
  const { title, body, url, tag } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const page = new URL(event.notification.data.url, self.location.origin).href;
  const show = async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const shown = open.find((one) => one.url === page);
    return shown ? shown.focus() : self.clients.openWindow(page);
  };
  event.waitUntil(show());
});
