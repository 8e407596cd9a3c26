// Fetches the browser's half of the room, and wakes the room up once the page is there.
{
  const { handup: page } = window;
  const isThere = new Promise((go) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", go);
    else go();
  });
  if (!page.isBroken) {
    Promise.all([import(`${page.folder}/handup.js`), isThere])
      .then(async ([{ default: load, wake }]) => {
        await load({ module_or_path: page.module });
        if (!page.isBroken) wake();
      })
      .catch((error) => {
        page.isBroken = true;
        page.fall();
        console.warn("Handup goes on without its script.", error);
      });
  }
}
