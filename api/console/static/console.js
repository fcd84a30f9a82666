// A page that is alive: as its read model moves, it is asked for again, and its sections become what they are there.
"use strict";

(() => {
  // On a phone the menu is wider than the window.
  document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  const main = document.querySelector("main[data-live-of]");
  if (!main) return;

  const sign = document.getElementById("live");
  const EVERY = 60_000; // the clock goes on where nothing is sold
  let source = null, told = null, busy = false, again = false;

  function say(on) {
    if (!sign) return;
    const text = on ? sign.dataset.on : sign.dataset.off;
    if (sign.textContent !== text) sign.textContent = text;
    sign.classList.toggle("off", !on);
  }

  // Changes only what differs: focus, scrolling and what was opened stay.
  function become(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const ours = [...old.childNodes], theirs = [...fresh.childNodes];
    theirs.forEach((node, place) => (ours[place] ? become(ours[place], node) : old.append(node)));
    ours.slice(theirs.length).forEach((node) => node.remove());
  }

  async function renew() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        location.reload(); // signed out
      } else if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const old of document.querySelectorAll("[data-live]")) {
          const fresh = page.getElementById(old.id);
          if (fresh) become(old, document.adoptNode(fresh));
        }
      }
    } catch {
      say(false);
    }
    busy = false;
    if (again) {
      again = false;
      renew();
    }
  }

  function listen() {
    source = new EventSource(`/console/live?of=${main.dataset.liveOf}`);
    source.addEventListener("open", () => say(true));
    source.addEventListener("moved", (event) => {
      if (told !== event.data) renew();
      told = event.data;
    });
    source.addEventListener("error", () => {
      say(false);
      // The browser comes again by itself, unless it was told not to.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (!document.hidden) { listen(); renew(); } }, 5000);
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (source) source.close();
    if (!document.hidden) {
      listen();
      renew();
    }
  });
  window.addEventListener("pagehide", () => source && source.close());
  setInterval(() => { if (!document.hidden) renew(); }, EVERY);
  listen();
})();
