// A page stays current: what stands in the element with data-live is asked for again while somebody looks, and put in its place if it differs.
(() => {
  const every = 2000;
  const place = document.querySelector("[id][data-live]");
  if (!place?.dataset.live) return;
  let last = place.innerHTML;
  const ask = async () => {
    if (document.hidden) return;
    const response = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(place.id);
    if (!fresh || fresh.innerHTML === last) return;
    last = fresh.innerHTML;
    place.replaceChildren(...fresh.childNodes);
    const count = document.querySelector(".page-head .count");
    const said = page.querySelector(".page-head .count")?.textContent ?? "";
    if (count && count.textContent !== said) count.textContent = said;
  };
  const round = async () => {
    await ask().catch(() => {}); // the server is away: the next round asks again
    setTimeout(round, every);
  };
  setTimeout(round, every);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask().catch(() => {});
  });
})();
