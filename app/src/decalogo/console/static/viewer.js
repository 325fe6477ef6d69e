// Keyboard of the evidence viewer: j and k change the quote, n and p the question; a accepts, c corrects, r rejects.
// Links and buttons do the work, keys only press them.
const keys = { n: '.steps a[rel="next"]', p: '.steps a[rel="prev"]', j: '[data-key="j"]', k: '[data-key="k"]' };

const review = { a: '[data-key="a"]', c: '[data-key="c"]', r: '[data-key="r"]' };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const selector = keys[event.key] ?? review[event.key];
  const link = selector && document.querySelector(selector);
  if (!link) return;
  // The first c opens the correction, the second one sends it.
  const correction = event.key === "c" && document.querySelector("#review details:not([open])");
  if (correction) { correction.open = true; correction.querySelector("input").focus(); } else link.click();
});

// The quote's first rectangle, or the marked text, is brought into view.
const target = document.querySelector(".highlight") ?? document.querySelector("#quote");
if (target) target.scrollIntoView({ block: "center" });

// The neighbours' pages are likely next: their pictures are fetched while this one is read.
for (const link of document.querySelectorAll('[data-key="j"], .steps a[rel="next"]')) {
  const hint = document.createElement("link");
  hint.rel = "prefetch";
  hint.href = link.href;
  document.head.append(hint);
}
