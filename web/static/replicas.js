// A page stays current: what stands in the element with data-live is asked for again while somebody looks, and put in its place if it differs. What is focused or
// selected there stays so. An empty data-live says that nothing changes any more.
(() => {
  const every = 2000;
  const place = document.querySelector("[id][data-live]");
  if (!place?.dataset.live) return;
  let last = place.innerHTML;
  const reads = () => {
    const chosen = getSelection();
    return chosen && !chosen.isCollapsed && place.contains(chosen.anchorNode);
  };
  const called = (el) => el.getAttribute("href") ?? el.textContent.trim();
  const put = (fresh) => {
    const held = place.contains(document.activeElement) && document.activeElement !== place ? document.activeElement : null;
    place.replaceChildren(...fresh.childNodes);
    if (!held) return;
    const same = [...place.querySelectorAll(held.localName)].find((el) => called(el) === called(held));
    if (!same) place.tabIndex = -1; // what had the focus is gone: it stays about here
    (same ?? place).focus({ preventScroll: true });
  };
  const ask = async () => {
    if (document.hidden || !place.dataset.live) return;
    const response = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(place.id);
    if (!fresh || reads()) return; // what somebody is selecting stays: the next round has it
    place.dataset.live = fresh.dataset.live ?? "";
    if (fresh.innerHTML === last) return;
    last = fresh.innerHTML;
    put(fresh);
    const count = document.querySelector(".page-head .count");
    const said = page.querySelector(".page-head .count")?.textContent ?? "";
    if (count && count.textContent !== said) count.textContent = said;
  };
  const round = async () => {
    await ask().catch(() => {}); // the server is away: the next round asks again
    if (place.dataset.live) setTimeout(round, every);
  };
  setTimeout(round, every);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask().catch(() => {});
  });
})();
