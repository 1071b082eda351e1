// Sets the theme before the first paint: it blocks on purpose and does nothing else. app.js owns the switch.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => {
    try {
      return localStorage.getItem("segno-theme") || "system";
    } catch {
      return "system"; // storage is denied: the system's theme it is
    }
  };
  const apply = () => {
    const c = choice();
    root.dataset.theme = c === "light" || c === "dark" ? c : dark.matches ? "dark" : "light";
    root.dataset.themeChoice = c;
  };
  root.classList.add("js");
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("segno-theme", apply);
  apply();
})();
